/* What a lane's thread asks of the kernel, said in words: its policy at the start, after it has
 * not paused for a while, and after it has slept. */
#define _GNU_SOURCE
#include <stdio.h>
#include <time.h>

#include "../../media/native/precedence.h"

static double monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void say(void)
{
    struct sched_param parameters;
    sched_getparam(0, &parameters);
    printf("%d %d %d\n", sched_getscheduler(0), parameters.sched_priority,
           getpriority(PRIO_PROCESS, 0));
}

int main(void)
{
    struct precedence precedence = take_precedence(monotonic());
    say();
    double busy_until = monotonic() + 0.3;
    while (monotonic() < busy_until)
        keep_precedence(&precedence, monotonic(), 0);
    say();
    for (int i = 0; i < 3; i++) {
        struct timespec pause = {.tv_nsec = 60 * 1000 * 1000};
        double paused_at = monotonic();
        nanosleep(&pause, NULL);
        keep_precedence(&precedence, monotonic(), monotonic() - paused_at);
    }
    say();
    return 0;
}
