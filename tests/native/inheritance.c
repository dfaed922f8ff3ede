/* Whether who holds a lock of the plane runs as first as who waits for it, in words: the priority at
 * which the kernel runs the holder alone, and once it is waited for. The holder makes itself as nice
 * as can be before, which takes no privilege. */
#include "../../media/native/plane.c"

#include <stdio.h>

enum { NICEST = 19, TRIES = 5000 };

struct waiter {
    const char *name;
    pthread_mutex_t *lock;
    _Atomic bool is_due;
    pthread_t thread;
};

static void *wait_for(void *argument)
{
    struct waiter *waiter = argument;
    while (!atomic_load(&waiter->is_due))
        usleep(1000);
    pthread_mutex_lock(waiter->lock);
    pthread_mutex_unlock(waiter->lock);
    return NULL;
}

/* Field 18 of proc_pid_stat(5): 20 and the niceness, or less while a priority is inherited. */
static int own_priority(void)
{
    char line[512] = "";
    int priority = -1;
    FILE *stat = fopen("/proc/thread-self/stat", "r");
    if (stat && fgets(line, sizeof line, stat) && strrchr(line, ')'))
        sscanf(strrchr(line, ')') + 1,
               " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %d", &priority);
    if (stat)
        fclose(stat);
    return priority;
}

static void hold(struct waiter *waiter)
{
    pthread_mutex_lock(waiter->lock);
    int alone = own_priority(), waited_for = alone;
    atomic_store(&waiter->is_due, true);
    for (int i = 0; i < TRIES && waited_for == alone; i++) {
        usleep(1000);
        waited_for = own_priority();
    }
    printf("%s %d %d\n", waiter->name, alone, waited_for);
    pthread_mutex_unlock(waiter->lock);
    pthread_join(waiter->thread, NULL);
}

int main(void)
{
    struct srtp_api none = {0};
    struct plane *plane = plane_open(socket(AF_INET, SOCK_DGRAM, 0), 1, &none);
    if (!plane)
        return 2;
    struct waiter waiters[] = {{.name = "gate", .lock = &plane->lanes[0].gate},
                               {.name = "lane", .lock = &plane->lanes[0].lock},
                               {.name = "table", .lock = &plane->table_lock}};
    enum { WAITERS = sizeof waiters / sizeof *waiters };
    for (int i = 0; i < WAITERS; i++)
        pthread_create(&waiters[i].thread, NULL, wait_for, &waiters[i]);
    setpriority(PRIO_PROCESS, 0, NICEST); /* of this thread alone */
    for (int i = 0; i < WAITERS; i++)
        hold(&waiters[i]);
    plane_close(plane);
    return 0;
}
