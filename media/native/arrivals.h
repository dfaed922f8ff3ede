/* What transport-wide feedback says of a line, in few numbers: media.core.send_history, delay_trend
 * and arrival_digest in C, to the bit. Every sum is made in the same order as there, and nothing may
 * be contracted into fused operations (-ffp-contract=off). tests/media/test_native_digest.py holds
 * them side by side. No I/O; all state is of one transport, under its lane's lock.
 *
 * Times are seconds: of sending on our clock, of arrival on the receiver's. */
#ifndef CLASSROOMS_ARRIVALS_H
#define CLASSROOMS_ARRIVALS_H

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "packet.h"

enum {
    LOG_PACKETS = 4096,  /* as media.core.send_history.CAPACITY */
    MAX_STATUSES = 8192, /* as media.core.feedback_chunks */
    TREND_POINTS = 20,   /* from here on as media.core.delay_trend */
    TREND_QUEUES = 8,
    MAX_WEIGHT = 60,
};
#define NOT_RECEIVED INT32_MIN
#define NEVER INT64_MAX

struct feedback { /* `deltas[i]` is about number `base` + i: NOT_RECEIVED, or 250 us each */
    uint16_t base;
    int32_t reference; /* 64 ms each */
    uint32_t count;
    int32_t deltas[MAX_STATUSES];
};

static inline bool is_feedback(const uint8_t *packet, uint32_t size)
{
    return size >= 4 && (packet[0] & 0xDF) == 0x8F && packet[1] == 205;
}

/* Write the statuses of packets, one each, where their deltas will be; return where the deltas
 * begin, 0 if the chunks are cut short
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01 sections 3.1.1 to 3.1.4). */
static inline uint32_t read_statuses(const uint8_t *packet, uint32_t end, struct feedback *into)
{
    uint32_t at = 20, known = 0;
    while (known < into->count) {
        if (at + 2 > end)
            return 0;
        uint16_t chunk = read16(packet + at);
        at += 2;
        if (!(chunk & 0x8000)) {
            uint32_t run = chunk & 0x1FFF, left = into->count - known;
            for (run = run < left ? run : left; run; run--)
                into->deltas[known++] = chunk >> 13 & 3;
        } else if (!(chunk & 0x4000)) {
            for (int shift = 13; shift >= 0 && known < into->count; shift--)
                into->deltas[known++] = chunk >> shift & 1;
        } else {
            for (int shift = 12; shift >= 0 && known < into->count; shift -= 2)
                into->deltas[known++] = chunk >> shift & 3;
        }
    }
    return at;
}

/* Read the feedback packet of `size` bytes; false for what media.core.rtcp calls malformed. */
static inline bool read_feedback(const uint8_t *packet, uint32_t size, struct feedback *into)
{
    uint32_t end = size;
    if (packet[0] & 0x20) { /* padding, not only of whole words: RFC 3550 section 6.4.1 */
        uint8_t padding = size > 4 ? packet[size - 1] : 0;
        if (!padding || padding > size - 4)
            return false;
        end -= padding;
    }
    if (end < 20)
        return false;
    into->base = read16(packet + 12);
    into->count = read16(packet + 14);
    into->reference = (int32_t)(read32(packet + 16) >> 8 ^ 0x800000) - 0x800000;
    if (!into->count || into->count > MAX_STATUSES)
        return false;
    uint32_t at = read_statuses(packet, end, into);
    for (uint32_t i = 0; i < into->count; i++) {
        uint32_t status = (uint32_t)into->deltas[i];
        if (!at || status == 3 || at + status > end)
            return false;
        into->deltas[i] = status == 0   ? NOT_RECEIVED
                          : status == 1 ? packet[at]
                                        : (int16_t)read16(packet + at);
        at += status;
    }
    return true;
}

/* -- media.core.delay_trend ------------------------------------------------------------------------- */

enum line_use { NORMAL, OVERUSED, UNDERUSED };

struct trend {
    enum line_use use;
    double queue, threshold;
    double way_earlier, way_lately, way_half_at; /* the shortest ways */
    bool has_way;
    double first_sent, last_sent, first_arrived, last_arrived; /* of the group coming in */
    double before_sent, before_arrived;
    bool has_before;
    uint64_t groups, judged_groups;
    double judged_at, accumulated, smoothed;
    double point_at[TREND_POINTS], point_y[TREND_POINTS], queues[TREND_QUEUES]; /* rings */
    uint64_t points;
    double overused, trend_before;
    uint64_t overuses;
};

static inline void trend_restart(struct trend *trend)
{
    struct trend kept = *trend;
    *trend = (struct trend){.queue = kept.queue, .threshold = kept.threshold,
                            .way_earlier = kept.way_earlier, .way_lately = kept.way_lately,
                            .way_half_at = kept.way_half_at, .has_way = kept.has_way,
                            .first_sent = -INFINITY, .last_sent = -INFINITY,
                            .first_arrived = -INFINITY, .last_arrived = -INFINITY,
                            .overused = -1.0};
}

static inline void trend_open(struct trend *trend)
{
    *trend = (struct trend){.threshold = 12.5, .way_earlier = INFINITY, .way_lately = INFINITY};
    trend_restart(trend);
}

static inline double way_above_shortest(struct trend *trend, double way, double now)
{
    if (!trend->has_way || now - trend->way_half_at >= 20.0 / 2) {
        trend->has_way = true;
        trend->way_half_at = now;
        trend->way_earlier = trend->way_lately;
        trend->way_lately = way;
    }
    if (way < trend->way_lately)
        trend->way_lately = way;
    return way - (trend->way_lately < trend->way_earlier ? trend->way_lately : trend->way_earlier);
}

static inline void trend_complete(struct trend *trend, double sent, double arrived)
{
    bool had_before = trend->has_before;
    double before_sent = trend->before_sent, before_arrived = trend->before_arrived;
    trend->has_before = true;
    trend->before_sent = sent;
    trend->before_arrived = arrived;
    if (!had_before) {
        way_above_shortest(trend, arrived - sent, sent);
        trend->judged_at = arrived;
        return;
    }
    double gradient = arrived - before_arrived - (sent - before_sent);
    if (fabs(gradient) > 1.0) {
        trend->has_way = false;
        trend->way_earlier = trend->way_lately = INFINITY;
        trend_restart(trend);
        return;
    }
    trend->queues[trend->groups % TREND_QUEUES] = way_above_shortest(trend, arrived - sent, sent);
    trend->groups++;
    trend->queue = trend->queues[0];
    for (uint64_t i = 1; i < TREND_QUEUES && i < trend->groups; i++)
        if (trend->queues[i] < trend->queue)
            trend->queue = trend->queues[i];
    trend->accumulated += gradient;
    trend->smoothed = 0.9 * trend->smoothed + (1 - 0.9) * trend->accumulated;
    trend->point_at[trend->points % TREND_POINTS] = arrived;
    trend->point_y[trend->points % TREND_POINTS] = trend->smoothed;
    trend->points++;
}

static inline bool trend_caught_up(const struct trend *trend, double sent, double arrived)
{
    double after = arrived - trend->last_arrived;
    return after < sent - trend->last_sent && after <= 0.005 &&
           arrived - trend->first_arrived < 0.1;
}

static inline void trend_arrived(struct trend *trend, double sent, double arrived)
{
    if (sent < trend->first_sent)
        return;
    if (sent - trend->first_sent <= 0.005 || trend_caught_up(trend, sent, arrived)) {
        trend->last_sent = sent > trend->last_sent ? sent : trend->last_sent;
        trend->last_arrived = arrived > trend->last_arrived ? arrived : trend->last_arrived;
        return;
    }
    if (trend->first_sent > -INFINITY)
        trend_complete(trend, trend->last_sent, trend->last_arrived);
    trend->first_sent = trend->last_sent = sent;
    trend->first_arrived = trend->last_arrived = arrived;
}

/* The slope of the line that fits best; the points from the oldest to the newest. */
static inline double trend_slope(const struct trend *trend)
{
    double origin = trend->point_at[trend->points % TREND_POINTS];
    double sum_x = 0, sum_y = 0, sum_xx = 0, sum_xy = 0;
    for (uint64_t i = trend->points; i < trend->points + TREND_POINTS; i++) {
        double x = trend->point_at[i % TREND_POINTS] - origin, y = trend->point_y[i % TREND_POINTS];
        sum_x += x;
        sum_y += y;
        sum_xx += x * x;
        sum_xy += x * y;
    }
    double spread = TREND_POINTS * sum_xx - sum_x * sum_x;
    return spread != 0 ? (TREND_POINTS * sum_xy - sum_x * sum_y) / spread : 0.0;
}

static inline void trend_adapt(struct trend *trend, double trend_ms, double elapsed)
{
    if (trend_ms > trend->threshold + 15.0)
        return;
    double rate = trend_ms < trend->threshold ? 0.039 : 0.0087;
    double threshold = trend->threshold + rate * (trend_ms - trend->threshold) * elapsed * 1000;
    threshold = threshold > 600.0 ? 600.0 : threshold;
    trend->threshold = threshold > 6.0 ? threshold : 6.0;
}

static inline enum line_use trend_judge(struct trend *trend)
{
    uint64_t new_groups = trend->groups - trend->judged_groups;
    if (!new_groups || trend->points < TREND_POINTS)
        return trend->use;
    double newest = trend->point_at[(trend->points - 1) % TREND_POINTS];
    double elapsed = newest - trend->judged_at > 0.0 ? newest - trend->judged_at : 0.0;
    trend->judged_groups = trend->groups;
    trend->judged_at = newest;
    double weight = trend->groups < MAX_WEIGHT ? (double)trend->groups : MAX_WEIGHT;
    double trend_ms = weight * trend_slope(trend) * 4.0;
    if (trend_ms > trend->threshold) {
        trend->overused = (trend->overused > 0.0 ? trend->overused : 0.0) + elapsed / 2;
        trend->overuses += new_groups;
        if (trend->overused > 0.01 && trend->overuses > 1 && trend_ms >= trend->trend_before) {
            trend->overused = 0.0;
            trend->overuses = 0;
            trend->use = trend->queue >= 0.025 ? OVERUSED : NORMAL;
        }
    } else {
        trend->overused = -1.0;
        trend->overuses = 0;
        trend->use = trend_ms < -trend->threshold ? UNDERUSED : NORMAL;
    }
    trend->trend_before = trend_ms;
    trend_adapt(trend, fabs(trend_ms), elapsed < 0.1 ? elapsed : 0.1);
    return trend->use;
}

/* -- media.core.arrival_digest ------------------------------------------------------------------------ */

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
};

static inline void digests_open(struct digests *digests)
{
    *digests = (struct digests){.given_at = -INFINITY, .stirred_at = -INFINITY};
    trend_open(&digests->trend);
}

/* media.core.send_history.SendHistory.take: fill `scratch->arrivals` from `scratch->feedback`; `lost`
 * and `newest` of the digest being gathered. */
static inline void match_sent(struct digests *digests, const struct sent_log *log,
                              struct digest_scratch *scratch)
{
    const struct feedback *feedback = &scratch->feedback;
    int64_t count = (int64_t)atomic_load_explicit(log->counter, memory_order_acquire);
    int64_t newest_sent = count - 1;
    int64_t number = newest_sent - (uint16_t)((uint64_t)newest_sent - feedback->base);
    int64_t newest = number + feedback->count - 1;
    int64_t oldest = count > LOG_PACKETS ? count - LOG_PACKETS : 0, lost = 0;
    if (!digests->has_reference)
        digests->reference = feedback->reference;
    digests->has_reference = true;
    digests->reference_steps +=
        (int64_t)((uint32_t)(feedback->reference - digests->reference + 0x800000) & 0xFFFFFF) -
        0x800000;
    digests->reference = feedback->reference;
    double arrived = (double)digests->reference_steps * 0.064;
    scratch->count = 0;
    for (uint32_t i = 0; i < feedback->count && number <= newest_sent; i++, number++) {
        if (feedback->deltas[i] == NOT_RECEIVED) {
            lost += number >= digests->reported && number >= oldest;
            continue;
        }
        arrived += feedback->deltas[i] * 0.00025;
        uint64_t slot = (uint64_t)number & (LOG_PACKETS - 1);
        uint32_t size = log->sizes[slot];
        if (!size || number < oldest)
            continue;
        log->sizes[slot] = 0;
        lost -= number < digests->reported;
        scratch->arrivals[scratch->count++] =
            (struct arrival){number, log->sent_at[slot], arrived, size};
    }
    newest = newest < newest_sent ? newest : newest_sent;
    digests->reported = digests->reported > newest + 1 ? digests->reported : newest + 1;
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
    bool is_after_cut = digests->has_been_told && now - digests->told_at >= 1.0;
    digests->has_been_told = true;
    digests->told_at = now;
    struct digest *next = &digests->next;
    if (is_after_cut) {
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
    if (next->use != NORMAL || next->queue >= 0.02 || next->lost || is_attentive ||
        first != NEVER || is_after_cut)
        digests->stirred_at = now;
    if (now - digests->stirred_at >= 1.0 && now - digests->given_at < 0.2)
        return KEPT_BACK;
    digests->given_at = now;
    *into = *next;
    *next = (struct digest){0};
    return TOLD;
}

#endif
