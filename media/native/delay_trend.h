/* Does the queue on the way to a receiver grow? media.core.delay_trend in C, to the bit: what each
 * number and step is for is said there. Every sum is made in the same order, and nothing may be
 * contracted into fused operations (-ffp-contract=off). No I/O.
 *
 * Times are seconds: of sending on our clock, of arrival on the receiver's. */
#ifndef CLASSROOMS_DELAY_TREND_H
#define CLASSROOMS_DELAY_TREND_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

enum { TREND_POINTS = 20, TREND_QUEUES = 8, MAX_WEIGHT = 60 };
#define BURST_S 0.005
#define MAX_BURST_S 0.1
#define MAX_STEP_S 1.0
#define SMOOTHING 0.9
#define GAIN 4.0
#define FIRST_THRESHOLD_MS 12.5
#define MIN_THRESHOLD_MS 6.0
#define MAX_THRESHOLD_MS 600.0
#define THRESHOLD_UP 0.0087
#define THRESHOLD_DOWN 0.039
#define OUTLIER_MS 15.0
#define MAX_ADAPTATION_S 0.1
#define OVERUSE_S 0.01
#define BASE_WINDOW_S 20.0
#define MIN_QUEUE_S 0.025

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
    *trend = (struct trend){.threshold = FIRST_THRESHOLD_MS, .way_earlier = INFINITY, .way_lately = INFINITY};
    trend_restart(trend);
}

static inline double way_above_shortest(struct trend *trend, double way, double now)
{
    if (!trend->has_way || now - trend->way_half_at >= BASE_WINDOW_S / 2) {
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
    if (fabs(gradient) > MAX_STEP_S) {
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
    trend->smoothed = SMOOTHING * trend->smoothed + (1 - SMOOTHING) * trend->accumulated;
    trend->point_at[trend->points % TREND_POINTS] = arrived;
    trend->point_y[trend->points % TREND_POINTS] = trend->smoothed;
    trend->points++;
}

static inline bool trend_caught_up(const struct trend *trend, double sent, double arrived)
{
    double after = arrived - trend->last_arrived;
    return after < sent - trend->last_sent && after <= BURST_S &&
           arrived - trend->first_arrived < MAX_BURST_S;
}

static inline void trend_arrived(struct trend *trend, double sent, double arrived)
{
    if (sent < trend->first_sent)
        return;
    if (sent - trend->first_sent <= BURST_S || trend_caught_up(trend, sent, arrived)) {
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
    if (trend_ms > trend->threshold + OUTLIER_MS)
        return;
    double rate = trend_ms < trend->threshold ? THRESHOLD_DOWN : THRESHOLD_UP;
    double threshold = trend->threshold + rate * (trend_ms - trend->threshold) * elapsed * 1000;
    threshold = threshold > MAX_THRESHOLD_MS ? MAX_THRESHOLD_MS : threshold;
    trend->threshold = threshold > MIN_THRESHOLD_MS ? threshold : MIN_THRESHOLD_MS;
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
    double trend_ms = weight * trend_slope(trend) * GAIN;
    if (trend_ms > trend->threshold) {
        trend->overused = (trend->overused > 0.0 ? trend->overused : 0.0) + elapsed / 2;
        trend->overuses += new_groups;
        if (trend->overused > OVERUSE_S && trend->overuses > 1 && trend_ms >= trend->trend_before) {
            trend->overused = 0.0;
            trend->overuses = 0;
            trend->use = trend->queue >= MIN_QUEUE_S ? OVERUSED : NORMAL;
        }
    } else {
        trend->overused = -1.0;
        trend->overuses = 0;
        trend->use = trend_ms < -trend->threshold ? UNDERUSED : NORMAL;
    }
    trend->trend_before = trend_ms;
    trend_adapt(trend, fabs(trend_ms), elapsed < MAX_ADAPTATION_S ? elapsed : MAX_ADAPTATION_S);
    return trend->use;
}

#endif
