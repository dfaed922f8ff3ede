/* Loaded into the server of a drill (LD_PRELOAD): a wall clock that can be set, and a disk that
 * fails at random or keeps whoever waits for it waiting. What it does is read from a file that the drill changes while the server runs.
 *
 * Only the wall clock moves: a timer that follows CLOCK_MONOTONIC follows the machine's. Only files
 * below DRILL_FOLDER fail, and only writes and waits for the disk.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct control {
    volatile int64_t offset_s;         /* added to the wall clock */
    volatile uint32_t fail_per_million; /* of writes and syncs */
    volatile uint32_t failed;           /* how many did */
    volatile uint32_t wait_ms;          /* by so much each sync takes longer */
    volatile uint32_t waited;           /* how many did */
};

static struct control calm;
static struct control *control = &calm;
static char folder[4096];
static size_t folder_length;
static uint64_t dice = 0x9E3779B97F4A7C15u;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("DRILL_CONTROL");
    const char *below = getenv("DRILL_FOLDER");
    if (!path)
        return;
    int descriptor = open(path, O_RDWR | O_CLOEXEC);
    if (descriptor < 0)
        return;
    void *mapped = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    close(descriptor);
    if (mapped == MAP_FAILED)
        return;
    control = mapped;
    if (below && strlen(below) < sizeof folder) {
        strcpy(folder, below);
        folder_length = strlen(folder);
    }
}

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) \
        real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

int clock_gettime(clockid_t which, struct timespec *now)
{
    REAL(clock_gettime);
    int result = real(which, now);
    if (!result && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE))
        now->tv_sec += control->offset_s;
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    REAL(gettimeofday);
    int result = real(now, zone);
    if (!result)
        now->tv_sec += control->offset_s;
    return result;
}

time_t time(time_t *where)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (where)
        *where = now.tv_sec;
    return now.tv_sec;
}

static int is_below(int descriptor)
{
    if (!folder_length)
        return 0;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    return length >= (ssize_t)folder_length && !strncmp(path, folder, folder_length);
}

static void waits(int descriptor)
{
    uint32_t ms = control->wait_ms;
    if (!ms || !is_below(descriptor))
        return;
    struct timespec left = {ms / 1000, ms % 1000 * 1000000L};
    while (nanosleep(&left, &left) && errno == EINTR)
        ;
    __atomic_add_fetch(&control->waited, 1, __ATOMIC_RELAXED);
}

static int fails(int descriptor)
{
    uint32_t rate = control->fail_per_million;
    if (!rate || !is_below(descriptor))
        return 0;
    /* xorshift64: the same draws in every drill, in whatever order the threads come */
    uint64_t drawn = __atomic_load_n(&dice, __ATOMIC_RELAXED);
    drawn ^= drawn << 13;
    drawn ^= drawn >> 7;
    drawn ^= drawn << 17;
    __atomic_store_n(&dice, drawn, __ATOMIC_RELAXED);
    if (drawn % 1000000 >= rate)
        return 0;
    __atomic_add_fetch(&control->failed, 1, __ATOMIC_RELAXED);
    errno = EIO;
    return 1;
}

ssize_t write(int descriptor, const void *data, size_t length)
{
    REAL(write);
    return fails(descriptor) ? -1 : real(descriptor, data, length);
}

ssize_t pwrite(int descriptor, const void *data, size_t length, off_t at)
{
    REAL(pwrite);
    return fails(descriptor) ? -1 : real(descriptor, data, length, at);
}

ssize_t pwrite64(int descriptor, const void *data, size_t length, off64_t at)
{
    REAL(pwrite64);
    return fails(descriptor) ? -1 : real(descriptor, data, length, at);
}

int fsync(int descriptor)
{
    REAL(fsync);
    waits(descriptor);
    return fails(descriptor) ? -1 : real(descriptor);
}

int fdatasync(int descriptor)
{
    REAL(fdatasync);
    waits(descriptor);
    return fails(descriptor) ? -1 : real(descriptor);
}
