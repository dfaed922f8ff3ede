/* What was resent to one subscriber over a long line and is still on its way: media.core.repairs in C,
 * in the same order. No I/O; all state is of one transport, under its lane's lock. Times are seconds on
 * the caller's clock. */
#ifndef CLASSROOMS_REPAIRS_H
#define CLASSROOMS_REPAIRS_H

#include <stdbool.h>
#include <stdint.h>

/* As in media.core.repairs. */
enum {
    COPIES = 2,
    REPAIRS_REMEMBERED = 128, /* a power of two */
};
enum why { ASKED, LOST, UNSAID, COPY };

struct sent_packet { /* as it was sent first */
    uint32_t ssrc;
    uint16_t seq;
};

struct repair {
    struct sent_packet packet;
    uint32_t owed; /* copies */
    double at;
};

struct repairs { /* of `taken` repairs those from `forgotten` on are under way */
    double under_way; /* how long each is; 0: a short line, nothing is noted */
    uint64_t forgotten, taken;
    struct repair ring[REPAIRS_REMEMBERED];
};

static inline struct repair *repair_at(struct repairs *repairs, uint64_t number)
{
    return &repairs->ring[number & (REPAIRS_REMEMBERED - 1)];
}

static inline void use_repairs(struct repairs *repairs, double under_way)
{
    repairs->under_way = under_way;
    if (under_way == 0)
        repairs->forgotten = repairs->taken;
}

static inline void forget_old(struct repairs *repairs, double now)
{
    while (repairs->forgotten < repairs->taken &&
           repair_at(repairs, repairs->forgotten)->at <= now - repairs->under_way)
        repairs->forgotten++;
}

static inline bool is_under_way(struct repairs *repairs, struct sent_packet packet, double now)
{
    forget_old(repairs, now);
    for (uint64_t i = repairs->forgotten; i < repairs->taken; i++) {
        const struct sent_packet *one = &repair_at(repairs, i)->packet;
        if (one->seq == packet.seq && one->ssrc == packet.ssrc)
            return true;
    }
    return false;
}

static inline void note_repair(struct repairs *repairs, struct sent_packet packet, enum why why,
                               double now)
{
    if (repairs->under_way == 0)
        return;
    if (repairs->taken - repairs->forgotten == REPAIRS_REMEMBERED)
        repairs->forgotten++;
    *repair_at(repairs, repairs->taken++) =
        (struct repair){.packet = packet, .owed = why == UNSAID ? 0 : COPIES, .at = now};
}

/* Fill `into`, of REPAIRS_REMEMBERED, with what copies are due now, oldest first; return how many. */
static inline uint32_t take_owed(struct repairs *repairs, double now, struct sent_packet *into)
{
    uint32_t count = 0;
    forget_old(repairs, now);
    for (uint64_t i = repairs->forgotten; i < repairs->taken; i++) {
        struct repair *repair = repair_at(repairs, i);
        if (repair->owed) {
            repair->owed--;
            into[count++] = repair->packet;
        }
    }
    return count;
}

#endif
