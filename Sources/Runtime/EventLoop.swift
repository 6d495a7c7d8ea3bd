internal import CLinux
internal import Glibc
internal import Synchronization

/// One thread that runs an actor's jobs and, between them, a turn of polling; it sleeps while there is nothing to do.
///
/// Three things wake it: a job (from any thread), the `wakeDescriptor` that the Kafka clients write to, and an alarm on
/// the wall clock. The alarm is an absolute time of `CLOCK_REALTIME`, so it survives steps of the clock and rounds
/// nothing: the loop wakes when the millisecond begins, not a polling interval later. A step of the clock also wakes
/// the loop, since other work may now come first.
///
/// `@unchecked Sendable`: the queue is behind a lock, the descriptors are immutable, and everything else belongs to the
/// thread.
package final class EventLoop: SerialExecutor, @unchecked Sendable {
    private struct Queue {
        var jobs: [UnownedJob] = []
        var isStopping = false
    }

    /// The eventfd that makes the loop take a turn when something writes to it.
    package let wakeDescriptor: Int32

    private let epollDescriptor: Int32
    private let timerDescriptor: Int32
    private let queue = Mutex(Queue())
    private var thread: NamedThread?
    /// The loop's thread; 0 until it runs.
    private let threadID = Atomic<UInt>(0)
    private var alarm: Int64?
    /// The jobs in progress; kept for its capacity.
    private var jobs: [UnownedJob] = []
    private var turn: (() -> Void)?

    /// A loop whose thread does not run yet; jobs gather until `start`.
    package init() {
        epollDescriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        wakeDescriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        timerDescriptor = timerfd_create(CLOCK_REALTIME, Int32(TFD_NONBLOCK | TFD_CLOEXEC))
        precondition(
            epollDescriptor >= 0 && wakeDescriptor >= 0 && timerDescriptor >= 0,
            "no event loop: the process has no file descriptors left (errno \(errno))"
        )
        for descriptor in [wakeDescriptor, timerDescriptor] {
            var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data(fd: descriptor))
            epoll_ctl(epollDescriptor, EPOLL_CTL_ADD, descriptor, &event)
        }
    }

    deinit {
        close(timerDescriptor)
        close(wakeDescriptor)
        close(epollDescriptor)
    }

    /// Starts the thread.
    ///
    /// - Parameter turn: the work after each wake-up, after the loop's jobs. Runs on the thread and is kept until the
    ///   loop has stopped.
    package func start(turn: @escaping @Sendable () -> Void) {
        self.turn = turn
        thread = NamedThread(name: "clockwork-loop") { [self] in run() }
        precondition(thread != nil, "no event loop: the process has no thread left")
    }

    /// Ends the thread after the jobs that are queued, and waits for it. Not to be called on the loop itself. Jobs that
    /// come later are never run.
    package func stop() {
        queue.withLock { $0.isStopping = true }
        wake()
        thread?.join()
    }

    /// Takes a job from any thread.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let wasEmpty = queue.withLock { queue in
            queue.jobs.append(job)
            return queue.jobs.count == 1
        }
        if wasEmpty { wake() }
    }

    /// Whether the caller runs on the loop's thread.
    package func isIsolatingCurrentContext() -> Bool? {
        threadID.load(ordering: .relaxed) == NamedThread.currentID
    }

    /// Traps unless the caller runs on the loop's thread.
    package func checkIsolated() {
        precondition(threadID.load(ordering: .relaxed) == NamedThread.currentID, "not on the event loop")
    }

    /// Makes the loop take a turn at `time` at the latest; `nil` for no alarm. For the loop's own thread.
    package func setAlarm(epochMilliseconds time: Int64?) {
        guard time != alarm else { return }
        alarm = time
        var specification = itimerspec()
        if let time {
            // A time of zero would disarm the timer; anything past is due at once.
            let milliseconds = max(time, 1)
            specification.it_value.tv_sec = time_t(milliseconds / 1_000)
            specification.it_value.tv_nsec = Int(milliseconds % 1_000) * 1_000_000
        }
        let flags = Int32(TFD_TIMER_ABSTIME) | Int32(TFD_TIMER_CANCEL_ON_SET)
        // The alarm is set even if the call reports that the clock was stepped since its last report.
        if timerfd_settime(timerDescriptor, flags, &specification, nil) < 0 { wake() }
    }

    /// Makes the loop take a turn soon. From any thread.
    package func wake() {
        var one: UInt64 = 1
        // Fails only when the counter is full, and then the loop is awake in any case.
        _ = write(wakeDescriptor, &one, 8)
    }

    // MARK: The thread

    private func run() {
        threadID.store(NamedThread.currentID, ordering: .relaxed)
        var isStopping = false
        while !isStopping {
            sleep()
            isStopping = runJobs()
            if !isStopping { turn?() }
        }
        turn = nil
        // A later thread may get the same identity.
        threadID.store(0, ordering: .relaxed)
    }

    /// Runs the queued jobs. Before the end it also runs the jobs that those queue, since nothing would wake the loop
    /// for them.
    ///
    /// - Returns: whether the loop is to end.
    private func runJobs() -> Bool {
        while true {
            let isStopping = queue.withLock { queue in
                swap(&jobs, &queue.jobs)
                return queue.isStopping
            }
            if jobs.isEmpty { return isStopping }
            for job in jobs {
                job.runSynchronously(on: asUnownedSerialExecutor())
            }
            jobs.removeAll(keepingCapacity: true)
            if !isStopping { return false }
        }
    }

    private func sleep() {
        var events = (epoll_event(), epoll_event())
        let count = withUnsafeMutableBytes(of: &events) { bytes in
            epoll_wait(epollDescriptor, bytes.assumingMemoryBound(to: epoll_event.self).baseAddress, 2, -1)
        }
        guard count > 0 else { return }
        var value: UInt64 = 0
        _ = read(wakeDescriptor, &value, 8)
        // Cancelled: the clock was stepped.
        if read(timerDescriptor, &value, 8) == 8 || errno == ECANCELED { alarm = nil }
    }
}
