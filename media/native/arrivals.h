/* What transport-wide feedback says of a line, in few numbers: media.core.send_history and
 * arrival_digest in C, to the bit; media.core.delay_trend is in delay_trend.h, what reads the packets in
 * packet.h. Every sum is made in the same order as there, and nothing may be contracted into fused
 * operations (-ffp-contract=off). tests/media/test_native_digest.py holds them side by side, and
 * tests/media/test_native_numbers.py the numbers. No I/O; all state is of one transport, under its
 * lane's lock.
 *
 * Times are seconds: of sending on our clock, of arrival on the receiver's. */
#ifndef CLASSROOMS_ARRIVALS_H
#define CLASSROOMS_ARRIVALS_H

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "delay_trend.h"
#include "packet.h"

/* As in media.core.send_history. */
enum {
    LOG_PACKETS = 4096,   /* CAPACITY */
    NAMED_PACKETS = 1024, /* NAMED */
    MAX_UNSAID = 64,      /* as in media.core.repairs */
};
#define NEVER INT64_MAX
#define REFERENCE_S 0.064
#define TICK_S 0.00025

/* As in media.core.arrival_digest. */
#define CALM_AFTER_S 1.0
#define CALM_INTERVAL_S 0.2
#define CALM_QUEUE_S 0.02
#define CUT_S 1.0

struct digest { /* media.native_library reads the same layout */
    int64_t newest;
    uint64_t count;
    int64_t lost;
    uint64_t bytes;
    double sent, arrived, queue;
    uint32_t feedbacks, received, use, is_after_cut;
    struct {
        int64_t watched_from;
        uint64_t bytes;
        double first_sent, last_sent, first_arrived, last_arrived;
        uint32_t count, first_bytes, last_bytes, spare;
    } probed; /* `count` 0: nothing */
};

struct sent_log { /* media.core.send_history's arrays */
    double *sent_at;
    uint16_t *sizes;
    uint64_t *named;
    _Atomic uint64_t *counter;
    _Atomic int64_t *attention; /* watch from, watch until, whether every feedback is told of */
};

struct arrival {
    int64_t number;
    double sent, arrived;
    uint32_t size;
};

struct digests {
    struct trend trend;
    int64_t reported, reference_steps;
    int32_t reference;
    bool has_reference, has_been_told;
    double told_at, given_at, stirred_at;
    struct digest next; /* being gathered */
};

struct digest_scratch {
    struct feedback feedback;
    struct arrival arrivals[LOG_PACKETS];
    uint32_t count;
    /* What did not come: numbers passed over for the first time, and those no feedback spoke of. */
    int64_t passed_over[LOG_PACKETS], unsaid_from, unsaid_to;
    uint32_t passed_count;
};

static inline void digests_open(struct digests *digests)
{
    *digests = (struct digests){.given_at = -INFINITY, .stirred_at = -INFINITY};
    trend_open(&digests->trend);
}

/* media.core.send_history.SendHistory.take: fill `scratch` from `scratch->feedback`; `lost` and
 * `newest` of the digest being gathered. */
static inline void match_sent(struct digests *digests, const struct sent_log *log,
                              struct digest_scratch *scratch)
{
    const struct feedback *feedback = &scratch->feedback;
    int64_t count = (int64_t)atomic_load_explicit(log->counter, memory_order_acquire);
    int64_t newest_sent = count - 1;
    int64_t number = newest_sent - (uint16_t)((uint64_t)newest_sent - feedback->base);
    int64_t newest = number + feedback->count - 1, reported = digests->reported;
    bool is_gap = 0 < reported && reported < number && number <= reported + MAX_UNSAID;
    scratch->unsaid_from = reported;
    scratch->unsaid_to = is_gap ? number : reported;
    int64_t oldest = count > LOG_PACKETS ? count - LOG_PACKETS : 0, lost = 0;
    if (!digests->has_reference)
        digests->reference = feedback->reference;
    digests->has_reference = true;
    digests->reference_steps +=
        (int64_t)((uint32_t)(feedback->reference - digests->reference + 0x800000) & 0xFFFFFF) -
        0x800000;
    digests->reference = feedback->reference;
    double arrived = (double)digests->reference_steps * REFERENCE_S;
    scratch->count = scratch->passed_count = 0;
    for (uint32_t i = 0; i < feedback->count && number <= newest_sent; i++, number++) {
        if (feedback->deltas[i] == NOT_RECEIVED) {
            if (number >= reported && number >= oldest) {
                lost++;
                scratch->passed_over[scratch->passed_count++] = number;
            }
            continue;
        }
        arrived += feedback->deltas[i] * TICK_S;
        uint64_t slot = (uint64_t)number & (LOG_PACKETS - 1);
        uint32_t size = log->sizes[slot];
        if (!size || number < oldest)
            continue;
        log->sizes[slot] = 0;
        lost -= number < reported;
        scratch->arrivals[scratch->count++] =
            (struct arrival){number, log->sent_at[slot], arrived, size};
    }
    newest = newest < newest_sent ? newest : newest_sent;
    digests->reported = reported > newest + 1 ? reported : newest + 1;
    digests->next.newest = newest;
    digests->next.lost = lost;
    digests->next.count = (uint64_t)count;
}

static inline void gather(struct digests *digests, const struct digest_scratch *scratch)
{
    struct digest *next = &digests->next;
    next->feedbacks++;
    next->received += scratch->count;
    for (uint32_t i = 0; i < scratch->count; i++) {
        next->bytes += scratch->arrivals[i].size;
        trend_arrived(&digests->trend, scratch->arrivals[i].sent, scratch->arrivals[i].arrived);
    }
    next->sent = scratch->arrivals[scratch->count - 1].sent;
    next->arrived = scratch->arrivals[scratch->count - 1].arrived;
}

/* Sum up what arrived of numbers in [first, end), of one feedback. */
static inline void gather_probed(struct digest *digest, const struct digest_scratch *scratch,
                                 int64_t first, int64_t end)
{
    memset(&digest->probed, 0, sizeof digest->probed);
    digest->probed.watched_from = first;
    for (uint32_t i = 0; i < scratch->count; i++) {
        const struct arrival *one = &scratch->arrivals[i];
        if (one->number < first || one->number >= end)
            continue;
        if (!digest->probed.count++) {
            digest->probed.first_bytes = one->size;
            digest->probed.first_sent = digest->probed.last_sent = one->sent;
            digest->probed.first_arrived = digest->probed.last_arrived = one->arrived;
        }
        digest->probed.bytes += one->size;
        digest->probed.last_bytes = one->size;
        if (one->sent < digest->probed.first_sent)
            digest->probed.first_sent = one->sent;
        if (one->sent > digest->probed.last_sent)
            digest->probed.last_sent = one->sent;
        if (one->arrived < digest->probed.first_arrived)
            digest->probed.first_arrived = one->arrived;
        if (one->arrived > digest->probed.last_arrived)
            digest->probed.last_arrived = one->arrived;
    }
}

enum told { NOTHING_NEW, KEPT_BACK, TOLD };

/* Take the feedback in `scratch`; TOLD if `into` is to be told. */
static inline enum told take_feedback(struct digests *digests, const struct sent_log *log,
                                 struct digest_scratch *scratch, double now, struct digest *into)
{
    match_sent(digests, log, scratch);
    if (!scratch->count && !digests->next.lost)
        return NOTHING_NEW;
    bool is_after_cut = digests->has_been_told && now - digests->told_at >= CUT_S;
    digests->has_been_told = true;
    digests->told_at = now;
    struct digest *next = &digests->next;
    if (is_after_cut) { /* no loss to be repaired */
        scratch->passed_count = 0;
        scratch->unsaid_to = scratch->unsaid_from;
        trend_open(&digests->trend);
        next->feedbacks = next->received = 0;
        next->bytes = 0;
        next->sent = next->arrived = 0;
    }
    if (scratch->count)
        gather(digests, scratch);
    next->use = trend_judge(&digests->trend);
    next->queue = digests->trend.queue;
    next->is_after_cut = is_after_cut;
    int64_t first = atomic_load_explicit(&log->attention[0], memory_order_relaxed);
    int64_t end = atomic_load_explicit(&log->attention[1], memory_order_relaxed);
    bool is_attentive = atomic_load_explicit(&log->attention[2], memory_order_relaxed);
    gather_probed(next, scratch, first, end);
    if (next->use != NORMAL || next->queue >= CALM_QUEUE_S || next->lost || is_attentive ||
        first != NEVER || is_after_cut)
        digests->stirred_at = now;
    if (now - digests->stirred_at >= CALM_AFTER_S && now - digests->given_at < CALM_INTERVAL_S)
        return KEPT_BACK;
    digests->given_at = now;
    *into = *next;
    *next = (struct digest){0};
    return TOLD;
}

#endif
