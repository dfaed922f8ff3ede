/* When a lane's thread runs: before ordinary threads while it needs little, as one of them when it
 * needs much. Included by plane.c alone.
 *
 * Forwarding is short work that must not wait for long work. As an ordinary thread a lane waits for
 * its turn beside a busy interpreter on the same core, for up to a tick of the kernel's clock; as a
 * real-time thread it does not (docs/performance.md). The kernel grants that to who has CAP_SYS_NICE
 * or a limit above zero (RLIMIT_RTPRIO). But a lane that never sleeps, in a flood, would then leave
 * others a twentieth of the core: the event loop, which must answer checks and refuse strangers. So
 * precedence is given up by who pauses for less than a fifth of the time (MOST_SHARE), and taken
 * again by who pauses for half of it (LEAST_SHARE): a lesson of 200 classrooms takes half of a core.
 * What counts is the time without a pause, not that on a core: a lane that has too much to do and
 * is given too little must not look idle. In a process that is a real-time one itself a lane is one step
 * above the rest of it. */
#ifndef CLASSROOMS_PRECEDENCE_H
#define CLASSROOMS_PRECEDENCE_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST_SHARE 0.8
#define LEAST_SHARE 0.5
#define LOOK_EVERY_S 0.05
/* Without precedence ask for a short slice, which takes no privilege (Linux 6.12): who asks for
 * less is let in sooner. */
#define SHORT_SLICE_NS 100000

struct thread_attributes { /* of sched_setattr(2), which libc does not declare */
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

struct precedence {
    struct thread_attributes first, ordinary;
    bool may_be_first, is_first;
    double looked_at, paused_s;
};

/* Be before the rest of the process, or as it. A hint: if it is refused some packets wait longer. */
static void set_precedence(struct precedence *precedence, bool is_first)
{
    precedence->is_first = is_first && !syscall(SYS_sched_setattr, 0, &precedence->first, 0);
    precedence->may_be_first = precedence->is_first || !is_first;
    if (!precedence->is_first)
        syscall(SYS_sched_setattr, 0, &precedence->ordinary, 0);
}

/* Called by a new thread of its own self. */
static struct precedence take_precedence(double now)
{
    struct sched_param inherited = {0};
    int policy = sched_getscheduler(0);
    sched_getparam(0, &inherited);
    struct precedence precedence = {.looked_at = now};
    precedence.first = (struct thread_attributes){
        .size = 48, .policy = SCHED_RR, .priority = (uint32_t)inherited.sched_priority + 1};
    precedence.ordinary = (struct thread_attributes){
        .size = 48, .policy = (uint32_t)policy, .priority = (uint32_t)inherited.sched_priority};
    if (!inherited.sched_priority) { /* an ordinary thread */
        precedence.ordinary.nice = getpriority(PRIO_PROCESS, 0);
        precedence.ordinary.runtime = SHORT_SLICE_NS;
    }
    set_precedence(&precedence, true);
    return precedence;
}

/* Give precedence up, or take it again, by what the thread has had to do since this was last looked
 * at. `paused_s`: how long its last pause was. */
static void keep_precedence(struct precedence *precedence, double now, double paused_s)
{
    double elapsed_s = now - precedence->looked_at;
    precedence->paused_s += paused_s;
    if (elapsed_s < LOOK_EVERY_S)
        return;
    double share = 1 - precedence->paused_s / elapsed_s;
    precedence->looked_at = now;
    precedence->paused_s = 0;
    if (share > MOST_SHARE && precedence->is_first)
        set_precedence(precedence, false);
    else if (share < LEAST_SHARE && !precedence->is_first && precedence->may_be_first)
        set_precedence(precedence, true);
}

#endif
