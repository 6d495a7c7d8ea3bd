// Preloaded under the Thread Sanitizer, to show it two kinds of synchronization that it does not see by itself. Without
// it, what is in order would be reported as a race; no race is hidden by it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

// C11 threads. The sanitizer knows those of POSIX: it has no interceptor for `thrd_create`, so the first instrumented
// function that librdkafka calls on a thread of its own would end the process, and none for `mtx_lock`, so that what
// librdkafka hands from thread to thread would look like a race. In glibc both are the same things under two names;
// here the one calls the other.

_Static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t), "mtx_t");
_Static_assert(sizeof(cnd_t) == sizeof(pthread_cond_t), "cnd_t");
_Static_assert(sizeof(thrd_t) == sizeof(pthread_t), "thrd_t");

struct start {
    thrd_start_t function;
    void *argument;
};

static void *run(void *argument) {
    struct start start = *(struct start *)argument;
    free(argument);
    return (void *)(intptr_t)start.function(start.argument);
}

static int result(int error) {
    switch (error) {
    case 0: return thrd_success;
    case EBUSY: return thrd_busy;
    case ETIMEDOUT: return thrd_timedout;
    case ENOMEM: return thrd_nomem;
    default: return thrd_error;
    }
}

int thrd_create(thrd_t *thread, thrd_start_t function, void *argument) {
    struct start *start = malloc(sizeof *start);
    if (!start) return thrd_nomem;
    *start = (struct start){function, argument};
    int error = pthread_create((pthread_t *)thread, NULL, run, start);
    if (error) free(start);
    return result(error);
}

int thrd_join(thrd_t thread, int *code) {
    void *value;
    int error = pthread_join((pthread_t)thread, &value);
    if (!error && code) *code = (int)(intptr_t)value;
    return result(error);
}

int thrd_detach(thrd_t thread) { return result(pthread_detach((pthread_t)thread)); }

int mtx_init(mtx_t *mutex, int type) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    if (type & mtx_recursive) pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    int error = pthread_mutex_init((pthread_mutex_t *)mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return result(error);
}

void mtx_destroy(mtx_t *mutex) { pthread_mutex_destroy((pthread_mutex_t *)mutex); }
int mtx_lock(mtx_t *mutex) { return result(pthread_mutex_lock((pthread_mutex_t *)mutex)); }
int mtx_trylock(mtx_t *mutex) { return result(pthread_mutex_trylock((pthread_mutex_t *)mutex)); }
int mtx_unlock(mtx_t *mutex) { return result(pthread_mutex_unlock((pthread_mutex_t *)mutex)); }

int mtx_timedlock(mtx_t *restrict mutex, const struct timespec *restrict time) {
    return result(pthread_mutex_timedlock((pthread_mutex_t *)mutex, time));
}

int cnd_init(cnd_t *condition) { return result(pthread_cond_init((pthread_cond_t *)condition, NULL)); }
void cnd_destroy(cnd_t *condition) { pthread_cond_destroy((pthread_cond_t *)condition); }
int cnd_signal(cnd_t *condition) { return result(pthread_cond_signal((pthread_cond_t *)condition)); }
int cnd_broadcast(cnd_t *condition) { return result(pthread_cond_broadcast((pthread_cond_t *)condition)); }

int cnd_wait(cnd_t *condition, mtx_t *mutex) {
    return result(pthread_cond_wait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex));
}

int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict time) {
    return result(pthread_cond_timedwait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, time));
}

// Swift's `Mutex`. Its fast path is compiled into the instrumented code and seen; where two threads meet, it calls the
// standard library, which is not instrumented. `self` is where the lock's word is.

typedef __attribute__((swiftcall)) void (*lock_slow)(uint32_t word, __attribute__((swift_context)) void *self);
typedef __attribute__((swiftcall)) _Bool (*try_lock_slow)(__attribute__((swift_context)) void *self);
typedef __attribute__((swiftcall)) void (*unlock_slow)(__attribute__((swift_context)) void *self);

// In the instrumented executable; absent in every other one that this is preloaded into.
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK_SLOW "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

__attribute__((swiftcall)) void hooked_lock_slow(uint32_t word, __attribute__((swift_context)) void *self)
    __asm__(LOCK_SLOW);
__attribute__((swiftcall)) void hooked_lock_slow(uint32_t word, __attribute__((swift_context)) void *self) {
    static lock_slow next;
    if (!next) next = (lock_slow)dlsym(RTLD_NEXT, LOCK_SLOW);
    next(word, self);
    if (__tsan_acquire) __tsan_acquire(self);
}

__attribute__((swiftcall)) _Bool hooked_try_lock_slow(__attribute__((swift_context)) void *self)
    __asm__(TRY_LOCK_SLOW);
__attribute__((swiftcall)) _Bool hooked_try_lock_slow(__attribute__((swift_context)) void *self) {
    static try_lock_slow next;
    if (!next) next = (try_lock_slow)dlsym(RTLD_NEXT, TRY_LOCK_SLOW);
    _Bool has_locked = next(self);
    if (has_locked && __tsan_acquire) __tsan_acquire(self);
    return has_locked;
}

__attribute__((swiftcall)) void hooked_unlock_slow(__attribute__((swift_context)) void *self) __asm__(UNLOCK_SLOW);
__attribute__((swiftcall)) void hooked_unlock_slow(__attribute__((swift_context)) void *self) {
    static unlock_slow next;
    if (!next) next = (unlock_slow)dlsym(RTLD_NEXT, UNLOCK_SLOW);
    if (__tsan_release) __tsan_release(self);
    next(self);
}
