// Gives a program a wall clock that can be stepped, without touching the machine's: to be loaded with LD_PRELOAD.
//
// CLOCK_SHIM names a file of eight bytes, a signed number of milliseconds that CLOCK_REALTIME is ahead of the
// machine's. It is mapped, so that a change holds at once. Like the kernel at a step of the clock, the shim then
// cancels the timers that asked for it (TFD_TIMER_CANCEL_ON_SET) and sets the others anew, and waits for an absolute
// time end by the new clock. CLOCK_MONOTONIC and CLOCK_BOOTTIME go on as they are.
//
// LATE_THREAD names a thread that is unlucky when its process has been stopped: a wait of it that ends more than two
// seconds late goes on for half a second more, while the other threads are at work again.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static _Atomic int64_t *ahead;

static int64_t offset_ms(void) { return ahead ? atomic_load(ahead) : 0; }

static struct timespec shifted(struct timespec time, int64_t milliseconds) {
    int64_t nanoseconds = time.tv_nsec + (milliseconds % 1000) * 1000000;
    time.tv_sec += milliseconds / 1000 + nanoseconds / 1000000000;
    nanoseconds %= 1000000000;
    if (nanoseconds < 0) {
        nanoseconds += 1000000000;
        time.tv_sec -= 1;
    }
    time.tv_nsec = nanoseconds;
    return time;
}

static int is_wall(clockid_t clock) { return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE; }

int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*original)(clockid_t, struct timespec *);
    if (!original) original = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int status = original(clock, time);
    if (status == 0 && is_wall(clock)) *time = shifted(*time, offset_ms());
    return status;
}

int gettimeofday(struct timeval *restrict value, void *restrict zone) {
    (void)zone;
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    value->tv_sec = time.tv_sec;
    value->tv_usec = time.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *result) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    if (result) *result = time.tv_sec;
    return time.tv_sec;
}

int timespec_get(struct timespec *time, int base) {
    return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, time) == 0 ? base : 0;
}

// MARK: Timers

#define TIMERS 64

static struct {
    int descriptor;
    int flags;
    int is_armed;
    int is_cancelled;
    struct itimerspec specification;
} timers[TIMERS];
static pthread_mutex_t timers_lock = PTHREAD_MUTEX_INITIALIZER;

static int set_timer(int descriptor, int flags, const struct itimerspec *specification, struct itimerspec *old) {
    return syscall(SYS_timerfd_settime, descriptor, flags, specification, old);
}

static int find_timer(int descriptor) {
    for (int index = 0; index < TIMERS; index++) {
        if (timers[index].descriptor == descriptor && timers[index].flags) return index;
    }
    return -1;
}

int timerfd_create(int clock, int flags) {
    int descriptor = syscall(SYS_timerfd_create, clock, flags);
    if (descriptor < 0 || clock != CLOCK_REALTIME) return descriptor;
    pthread_mutex_lock(&timers_lock);
    for (int index = 0; index < TIMERS; index++) {
        if (timers[index].flags) continue;
        memset(&timers[index], 0, sizeof timers[index]);
        timers[index].descriptor = descriptor;
        timers[index].flags = TFD_TIMER_ABSTIME;
        break;
    }
    pthread_mutex_unlock(&timers_lock);
    return descriptor;
}

static int arm(int index) {
    struct itimerspec real = timers[index].specification;
    real.it_value = shifted(real.it_value, -offset_ms());
    // A time before the epoch would be refused; it has passed.
    if (real.it_value.tv_sec < 1) real.it_value = (struct timespec){1, 0};
    return set_timer(timers[index].descriptor, timers[index].flags & ~TFD_TIMER_CANCEL_ON_SET, &real, NULL);
}

int timerfd_settime(int descriptor, int flags, const struct itimerspec *new, struct itimerspec *old) {
    pthread_mutex_lock(&timers_lock);
    int index = flags & TFD_TIMER_ABSTIME ? find_timer(descriptor) : -1;
    if (index < 0) {
        pthread_mutex_unlock(&timers_lock);
        return set_timer(descriptor, flags, new, old);
    }
    timers[index].flags = flags;
    timers[index].specification = *new;
    timers[index].is_armed = new->it_value.tv_sec != 0 || new->it_value.tv_nsec != 0;
    int status = timers[index].is_armed ? arm(index) : set_timer(descriptor, 0, new, old);
    if (status == 0 && timers[index].is_armed && timers[index].is_cancelled) {
        timers[index].is_cancelled = 0;
        errno = ECANCELED;
        status = -1;
    }
    pthread_mutex_unlock(&timers_lock);
    return status;
}

ssize_t read(int descriptor, void *buffer, size_t size) {
    int is_cancelled = 0;
    if (ahead) {
        pthread_mutex_lock(&timers_lock);
        int index = find_timer(descriptor);
        if (index >= 0) {
            is_cancelled = timers[index].is_cancelled;
            timers[index].is_cancelled = 0;
        }
        pthread_mutex_unlock(&timers_lock);
    }
    ssize_t count = syscall(SYS_read, descriptor, buffer, size);
    if (!is_cancelled) return count;
    errno = ECANCELED;
    return -1;
}

static void clock_was_set(void) {
    pthread_mutex_lock(&timers_lock);
    for (int index = 0; index < TIMERS; index++) {
        if (!timers[index].flags || !timers[index].is_armed) continue;
        if (timers[index].flags & TFD_TIMER_CANCEL_ON_SET) {
            timers[index].is_cancelled = 1;
            struct itimerspec at_once = {.it_value = {0, 1}};
            set_timer(timers[index].descriptor, 0, &at_once, NULL);
        } else {
            arm(index);
        }
    }
    pthread_mutex_unlock(&timers_lock);
}

static void *watch(void *unused) {
    (void)unused;
    int64_t known = offset_ms();
    while (1) {
        struct timespec pause = {0, 1000000};
        nanosleep(&pause, NULL);
        int64_t now = offset_ms();
        if (now != known) {
            known = now;
            clock_was_set();
        }
    }
    return NULL;
}

// MARK: Waits for an absolute time

// A condition variable may be on the monotonic clock; its times are far smaller.
static int is_wall_time(const struct timespec *time) { return time->tv_sec > 1000000000; }

static const char *late_thread;

static void be_late(const struct timespec *end) {
    char name[16];
    struct timespec now;
    clock_gettime(is_wall_time(end) ? CLOCK_REALTIME : CLOCK_MONOTONIC, &now);
    if (now.tv_sec <= end->tv_sec + 2 || pthread_getname_np(pthread_self(), name, sizeof name) != 0) return;
    struct timespec half_a_second = {0, 500000000};
    if (strcmp(name, late_thread) == 0) nanosleep(&half_a_second, NULL);
}

typedef int timed_wait(void *condition, void *mutex, const struct timespec *end);

// Waits by the shim's clock. `timed_out` is what `original` gives when the time is over.
static int wait_until(
    timed_wait *original, int timed_out, void *condition, void *mutex, const struct timespec *end)
{
    if (late_thread) {
        int status = original(condition, mutex, end);
        be_late(end);
        return status;
    }
    if (!ahead || !is_wall_time(end)) return original(condition, mutex, end);
    // In slices, since a step of the clock moves the end.
    while (1) {
        struct timespec real_end = shifted(*end, -offset_ms());
        struct timespec slice;
        syscall(SYS_clock_gettime, CLOCK_REALTIME, &slice);
        slice = shifted(slice, 50);
        int is_last = real_end.tv_sec < slice.tv_sec
            || (real_end.tv_sec == slice.tv_sec && real_end.tv_nsec <= slice.tv_nsec);
        int status = original(condition, mutex, is_last ? &real_end : &slice);
        if (status != timed_out) return status;
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        if (now.tv_sec > end->tv_sec || (now.tv_sec == end->tv_sec && now.tv_nsec >= end->tv_nsec)) return status;
    }
}

int pthread_cond_timedwait(
    pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, const struct timespec *restrict end)
{
    static timed_wait *original;
    // On x86-64 there is an older one, which `dlsym` may find instead.
    if (!original) original = (timed_wait *)dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    if (!original) original = (timed_wait *)dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    return wait_until(original, ETIMEDOUT, condition, mutex, end);
}

// The Kafka client's.
int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict end) {
    static timed_wait *original;
    if (!original) original = (timed_wait *)dlsym(RTLD_NEXT, "cnd_timedwait");
    return wait_until(original, thrd_timedout, condition, mutex, end);
}

__attribute__((constructor)) static void start(void) {
    late_thread = getenv("LATE_THREAD");
    const char *path = getenv("CLOCK_SHIM");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *address = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (address == MAP_FAILED) return;
    ahead = address;
    pthread_t thread;
    if (pthread_create(&thread, NULL, watch, NULL) == 0) pthread_detach(thread);
}
