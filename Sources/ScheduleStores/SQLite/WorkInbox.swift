internal import Glibc

/// A bounded queue that many threads fill and one thread empties, waiting while there is nothing in it.
///
/// `@unchecked Sendable`: all state is guarded by `mutex`, which lives on the heap since its address must not change.
final class WorkInbox<Work: Sendable>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let arrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let capacity: Int
    private var waiting: [Work] = []
    private var isClosed = false

    init(capacity: Int) {
        self.capacity = capacity
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(arrived, nil)
    }

    deinit {
        pthread_cond_destroy(arrived)
        pthread_mutex_destroy(mutex)
        arrived.deallocate()
        mutex.deallocate()
    }

    /// - Returns: `false` when the queue is full or closed.
    func add(_ work: Work) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard !isClosed, waiting.count < capacity else { return false }
        waiting.append(work)
        pthread_cond_signal(arrived)
        return true
    }

    /// Takes everything that waits; an empty array means that the queue is closed and empty.
    func takeAll() -> [Work] {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while waiting.isEmpty, !isClosed { pthread_cond_wait(arrived, mutex) }
        defer { waiting = [] }
        return waiting
    }

    /// Refuses further work; what is already there is still handed out.
    func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_signal(arrived)
        pthread_mutex_unlock(mutex)
    }
}
