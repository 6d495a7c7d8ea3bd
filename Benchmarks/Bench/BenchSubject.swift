import Foundation
import Synchronization

/// A process that is measured: a pod or the floor.
final class BenchSubject {
    /// The last lines that it wrote, for the error of one that failed.
    private final class Tail: Sendable {
        private let lines = Mutex<[String]>([])

        func append(_ line: String) {
            lines.withLock { lines in
                if lines.count == 20 { lines.removeFirst() }
                lines.append(line)
            }
        }

        var text: String { lines.withLock { $0.joined(separator: "\n") } }
    }

    let pid: pid_t
    /// How long from its start until it was ready.
    private(set) var startup = Duration.zero
    private let output: UnsafeMutablePointer<FILE>
    private let tail = Tail()
    /// What it wrote until it was ready.
    private var firstLines: [String] = []
    /// Has one thing to do: to read what it writes, until its end.
    private let drain = DispatchQueue(label: "bench-output")
    private var hasEnded = false

    /// The executable of this process, which the floor is in as well.
    static var ownExecutable: URL {
        URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    }

    /// Starts the process and waits until it has written `readyCount` lines that contain `readyText`.
    init(
        executable: String,
        arguments: [String],
        environment: [String: String],
        readyText: String,
        readyCount: Int
    ) throws(BenchError) {
        let begin = ContinuousClock.now
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw BenchError("no pipe: \(String(cString: strerror(errno)))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        output = fdopen(ends[0], "r")
        pid = try Self.spawn(executable, arguments: arguments, environment: environment, output: ends[1])
        // Or reading would never come to an end.
        close(ends[1])
        var ready = 0
        while ready < readyCount, let line = Self.line(of: output) {
            tail.append(line)
            firstLines.append(line)
            if line.contains(readyText) { ready += 1 }
        }
        guard ready == readyCount else {
            stop()
            throw BenchError("\(executable) \(arguments.joined(separator: " ")) has ended:\n\(tail.text)")
        }
        startup = ContinuousClock.now - begin
        let handover = Handover(file: output)
        drain.async { [tail] in
            while let line = Self.line(of: handover.file) { tail.append(line) }
        }
    }

    deinit {
        stop()
    }

    /// The first line with this text that it wrote before it was ready.
    func firstLine(containing text: String) -> String? {
        firstLines.first { $0.contains(text) }
    }

    /// Ends it with SIGTERM and waits for that.
    func stop() {
        guard !hasEnded else { return }
        hasEnded = true
        kill(pid, SIGTERM)
        waitpid(pid, nil, 0)
        drain.sync {}
        fclose(output)
    }

    /// The time of a core that it has used, in seconds; a hundredth is the least that Linux tells.
    var processorSeconds: Double {
        get throws {
            let stat = try file("stat")
            // The name, in brackets, may hold anything; user and system time are the 12th and 13th field behind it.
            let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
            guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
                throw BenchError("/proc/\(pid)/stat is not understood: \(stat)")
            }
            return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
        }
    }

    /// A line of `/proc/PID/status` that counts KiB, such as `VmHWM`, in bytes.
    func memory(_ name: String) throws -> Int {
        try status(name) * 1_024
    }

    /// How many threads it has.
    var threads: Int {
        get throws { try status("Threads") }
    }

    /// The number in a line of `/proc/PID/status`.
    private func status(_ name: String) throws -> Int {
        for line in try file("status").split(separator: "\n") where line.hasPrefix("\(name):") {
            let fields = line.split(whereSeparator: \.isWhitespace)
            if fields.count > 1, let number = Int(fields[1]) { return number }
        }
        throw BenchError("/proc/\(pid)/status has no \(name)")
    }

    /// The text of a file that the kernel keeps about the process.
    private func file(_ name: String) throws -> String {
        try String(contentsOf: URL(filePath: "/proc/\(pid)/\(name)"), encoding: .utf8)
    }

    /// `@unchecked Sendable`: handed once to the thread that reads on.
    private struct Handover: @unchecked Sendable {
        let file: UnsafeMutablePointer<FILE>
    }

    private static func line(of file: UnsafeMutablePointer<FILE>) -> String? {
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        guard getline(&line, &capacity, file) > 0, let line else { return nil }
        return String(cString: line)
    }

    private static func spawn(
        _ executable: String,
        arguments: [String],
        environment: [String: String],
        output: Int32
    ) throws(BenchError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
        // The thread that starts it may have signals blocked, and they would stay so.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var noSignal = sigset_t()
        sigemptyset(&noSignal)
        posix_spawnattr_setsigmask(&attributes, &noSignal)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let all = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        var argumentPointers = ([executable] + arguments).map { strdup($0) } + [nil]
        var environmentPointers = all.map { strdup("\($0)=\($1)") } + [nil]
        defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
        var pid = pid_t()
        let status = posix_spawn(&pid, executable, &actions, &attributes, &argumentPointers, &environmentPointers)
        guard status == 0 else { throw BenchError("no process: \(String(cString: strerror(status)))") }
        return pid
    }
}
