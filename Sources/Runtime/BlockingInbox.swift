internal import Glibc

/// A bounded queue that many threads fill and one thread empties. That thread waits while the queue is empty.
///
/// `@unchecked Sendable`: all state is guarded by `mutex`, which is on the heap because its address must not change.
package final class BlockingInbox<Work: Sendable>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let arrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let capacity: Int
    private var waiting: [Work] = []
    private var isClosed = false

    package init(capacity: Int) {
        self.capacity = capacity
        pthread_mutex_init(mutex, nil)
        // Waits with a deadline use the clock that nobody sets.
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(arrived, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(arrived)
        pthread_mutex_destroy(mutex)
        arrived.deallocate()
        mutex.deallocate()
    }

    /// - Returns: `false` if the queue is full or closed.
    package func add(_ work: Work) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard !isClosed, waiting.count < capacity else { return false }
        waiting.append(work)
        pthread_cond_signal(arrived)
        return true
    }

    /// Takes everything that waits, as soon as there is something.
    ///
    /// - Parameter deadline: when to return with nothing, in nanoseconds of `MonotonicClock`; `nil` for never.
    /// - Returns: the work, and whether the queue is closed. Nothing follows after that.
    package func takeAll(until deadline: UInt64?) -> (work: [Work], isClosed: Bool) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while waiting.isEmpty, !isClosed {
            guard let deadline else {
                pthread_cond_wait(arrived, mutex)
                continue
            }
            var end = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
            if pthread_cond_timedwait(arrived, mutex, &end) == ETIMEDOUT { break }
        }
        defer { waiting = [] }
        return (waiting, isClosed)
    }

    /// Refuses further work. Work that is already waiting can still be taken.
    package func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_signal(arrived)
        pthread_mutex_unlock(mutex)
    }
}
