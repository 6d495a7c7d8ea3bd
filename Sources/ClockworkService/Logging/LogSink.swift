internal import Dispatch
internal import Glibc
internal import Runtime
internal import Synchronization

/// Where lines go: a bounded queue, and a thread of its own that writes them to a file. Whoever logs never waits for that.
///
/// A pipe that nobody reads takes no more after some 64 KB, and a write to it lasts for ever. Then the queue fills, and
/// further lines are dropped and counted. Once lines are taken again, one line says how many there were.
///
/// From any thread. The thread begins with the first line and lives as long as the process.
final class LogSink: Sendable {
    /// The sink for standard error.
    static let standardError = LogSink(fileDescriptor: STDERR_FILENO)

    /// How many bytes of lines wait at the most.
    static let capacity = 1 << 20

    /// Lines that nobody will read.
    struct Losses: Equatable {
        /// Those for which there was no room.
        var dropped = 0
        /// Those that were left out since too many of their kind came.
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
        /// How a line is made of a text; for lines of its own.
        var format: (@Sendable (String) -> String) = { $0 + "\n" }
    }

    private let file: Int32
    private let capacity: Int
    private let state = Mutex(State())
    /// Tells the thread that lines have come.
    private let arrivals = DispatchSemaphore(value: 0)

    init(fileDescriptor: Int32, capacity: Int = LogSink.capacity) {
        file = fileDescriptor
        self.capacity = capacity
    }

    /// What has been lost since the process started.
    var losses: Losses { state.withLock { $0.losses } }

    /// How lines of its own are made of their text.
    func setFormat(_ format: @escaping @Sendable (String) -> String) {
        state.withLock { $0.format = format }
    }

    /// Whether a line of this kind is to be made and written; counts it if not.
    func admits(_ kind: LineLimiter.Kind, _ message: String, now: Uptime) -> Bool {
        state.withLock { state in
            if state.limiter.admits(kind, message, now: now) { return true }
            state.losses.leftOut += 1
            return false
        }
    }

    /// Puts a line, with its line end, into the queue, or drops it.
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

    /// Waits until all is written, at most for `limit`. For the end of the process.
    func flush(within limit: Duration) {
        let deadline = ContinuousClock.now + limit
        while state.withLock({ !$0.waiting.isEmpty || $0.writing > 0 }), ContinuousClock.now < deadline {
            usleep(1_000)
        }
    }

    // MARK: The thread

    private func start() {
        // What cannot be started now is tried again with the next line.
        let isStarted = NamedThread.detach(name: "clockwork-log") { [self] in
            while true { turn() }
        }
        if !isStarted { state.withLock { $0.hasThread = false } }
    }

    /// Writes what is there, and waits for more.
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

    /// What cannot be written is lost: there is no better place to say so.
    private func writeAll(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(file, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                // Somebody who shares the file has made it non-blocking.
                var query = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
                _ = poll(&query, 1, 1_000)
                continue
            }
            guard count > 0 else { return }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }
}
