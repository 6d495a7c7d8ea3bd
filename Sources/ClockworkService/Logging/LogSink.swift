internal import Dispatch
internal import Glibc
internal import Runtime
internal import Synchronization

/// The destination of log lines: a bounded queue, and a thread that writes its lines to a file. A caller that logs
/// never waits for the file.
///
/// If nobody reads from a pipe, it is full after some 64 KB, and a write to it does not return. The queue then fills
/// up, and further lines are dropped and counted. Once the pipe takes lines again, one line reports how many were
/// dropped.
///
/// From any thread. The thread begins with the first line and lives as long as the process.
final class LogSink: Sendable {
    /// The sink for standard error.
    static let standardError = LogSink(fileDescriptor: STDERR_FILENO)

    /// The most bytes of lines that may wait.
    static let capacity = 1 << 20

    /// The number of lines that were never written.
    struct Losses: Equatable {
        /// Lines that were dropped because the queue was full.
        var dropped = 0
        /// Lines that were left out because there were too many of their kind.
        var leftOut = 0
    }

    private struct State {
        var waiting: [UInt8] = []
        /// Bytes that are being written.
        var writing = 0
        /// Lines dropped since the last one that was written.
        var dropped = 0
        var losses = Losses()
        var limiter = LineLimiter()
        var hasThread = false
        /// Turns the text of one of the sink's own lines into a line.
        var format: (@Sendable (String) -> String) = { $0 + "\n" }
    }

    private let file: Int32
    private let capacity: Int
    private let state = Mutex(State())
    /// Wakes the thread when lines have come.
    private let arrivals = DispatchSemaphore(value: 0)

    init(fileDescriptor: Int32, capacity: Int = LogSink.capacity) {
        file = fileDescriptor
        self.capacity = capacity
    }

    /// The lines lost since the process started.
    var losses: Losses { state.withLock { $0.losses } }

    /// Sets how the sink's own lines are formatted.
    func setFormat(_ format: @escaping @Sendable (String) -> String) {
        state.withLock { $0.format = format }
    }

    /// Whether a line of this kind is to be formatted and written. If not, it is counted.
    func admits(_ kind: LineLimiter.Kind, _ message: String, now: Uptime) -> Bool {
        state.withLock { state in
            if state.limiter.admits(kind, message, now: now) { return true }
            state.losses.leftOut += 1
            return false
        }
    }

    /// Puts a line, with its line end, into the queue. If there is no room, the line is dropped.
    func write(_ line: String) {
        let startsThread = state.withLock { state in
            guard state.waiting.count + state.writing + line.utf8.count <= capacity else {
                state.dropped += 1
                state.losses.dropped += 1
                return false
            }
            state.waiting += line.utf8
            defer { state.hasThread = true }
            return !state.hasThread
        }
        if startsThread { start() }
        arrivals.signal()
    }

    /// Waits until everything is written, at most for `limit`. For the end of the process.
    func flush(within limit: Duration) {
        let deadline = ContinuousClock.now + limit
        while state.withLock({ !$0.waiting.isEmpty || $0.writing > 0 }), ContinuousClock.now < deadline {
            usleep(1_000)
        }
    }

    // MARK: The thread

    private func start() {
        // If the thread cannot be started now, the next line tries again.
        let isStarted = NamedThread.detach(name: "clockwork-log") { [self] in
            while true { turn() }
        }
        if !isStarted { state.withLock { $0.hasThread = false } }
    }

    /// Writes the lines of the queue. If there are none, waits for some.
    private func turn() {
        let now = Uptime.now()
        let bytes = state.withLock { state in
            var bytes = state.waiting
            state.waiting = []
            if state.dropped > 0 {
                bytes += state.format(Self.text(dropped: state.dropped)).utf8
                state.dropped = 0
            }
            for summary in state.limiter.takeSummaries(now: now) { bytes += state.format(Self.text(summary)).utf8 }
            state.writing = bytes.count
            return bytes
        }
        guard bytes.isEmpty else {
            bytes.withUnsafeBytes(writeAll)
            state.withLock { $0.writing = 0 }
            return
        }
        guard let end = state.withLock({ $0.limiter.nextEnd }) else { return arrivals.wait() }
        _ = arrivals.wait(timeout: .now() + .milliseconds(Int(max(1, end.milliseconds - now.milliseconds))))
    }

    private static func text(dropped count: Int) -> String {
        "\(count) log lines were dropped: standard error took no more"
    }

    private static func text(_ summary: LineLimiter.Summary) -> String {
        "\(summary.count) more lines like this one were left out: \(summary.message.prefix(200))"
    }

    /// If a write fails, its lines are lost, because there is no better place to report that.
    private func writeAll(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(file, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                // Another process that shares the file has made it non-blocking.
                var query = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
                _ = poll(&query, 1, 1_000)
                continue
            }
            guard count > 0 else { return }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }
}
