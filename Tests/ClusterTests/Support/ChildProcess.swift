import CChildProcess
import Foundation
import Synchronization

/// A child process of its own: its output goes to files, and it never outlives the tests, however they end.
final class ChildProcess: Sendable {
    /// How a process ended.
    enum Exit: Equatable, CustomStringConvertible {
        case code(Int32)
        case signal(Int32)

        var description: String {
            switch self {
            case .code(let code): "exit code \(code)"
            case .signal(let signal): "signal \(signal)"
            }
        }
    }

    struct SpawnError: Error, CustomStringConvertible {
        let description: String
    }

    /// What becomes of what a child writes to its standard error.
    enum Errors {
        /// It goes to a file.
        case kept
        /// It goes to a pipe that is full from the beginning, and that nobody reads.
        case unread
    }

    let pid: pid_t
    private let outputPath: String
    private let errorPath: String
    private let ended = Mutex<Exit?>(nil)

    /// Starts `executable`.
    ///
    /// - Parameters:
    ///   - environment: all of the child's environment.
    ///   - input: the bytes of its standard input; none stands for an empty one.
    ///   - errors: what becomes of its standard error.
    ///   - files: where its output goes: this path with `.out` and `.err` behind it.
    init(
        _ executable: String,
        _ arguments: [String],
        environment: [String: String],
        input: [UInt8] = [],
        errors: Errors = .kept,
        files: String
    ) throws {
        outputPath = files + ".out"
        errorPath = files + ".err"
        let inputPath = files + ".in"
        try Data(input).write(to: URL(filePath: inputPath))
        let pipe = errors == .unread ? try Self.fullPipe() : nil
        let descriptors = [
            open(inputPath, O_RDONLY | O_CLOEXEC), open(outputPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600),
            pipe?.input ?? open(errorPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600),
        ]
        defer { descriptors.forEach { close($0) } }
        let variables = environment.map { "\($0.key)=\($0.value)" }
        let (pid, code) = StartingThread.shared.run {
            let pid = Self.withCStrings([executable] + arguments) { arguments in
                Self.withCStrings(variables) { variables in
                    child_process_start(
                        executable,
                        arguments,
                        variables,
                        descriptors[0],
                        descriptors[1],
                        descriptors[2]
                    )
                }
            }
            return (pid, errno)
        }
        guard pid > 0 else {
            throw SpawnError(description: "\(executable) cannot be started: \(String(cString: strerror(code)))")
        }
        self.pid = pid
        let child = self
        Thread.detachNewThread {
            var status: Int32 = 0
            while waitpid(child.pid, &status, 0) < 0, errno == EINTR {}
            // As long as nobody can read, writing would be an error and not wait.
            if let pipe { close(pipe.output) }
            let code = status & 0x7F
            child.ended.withLock { $0 = code == 0 ? .code((status >> 8) & 0xFF) : .signal(code) }
        }
    }

    /// How it has ended; `nil` while it runs.
    var exit: Exit? { ended.withLock { $0 } }

    /// Its standard output so far.
    var output: String { Self.text(ofFile: outputPath) }

    /// Its standard error so far.
    var errors: String { Self.text(ofFile: errorPath) }

    /// Sends a signal, unless it has ended.
    func send(_ signal: Int32) {
        ended.withLock { exit in
            if exit == nil { kill(pid, signal) }
        }
    }

    /// Waits until it has ended.
    @discardableResult
    func waitForExit() async throws -> Exit {
        try await wait("the end of process \(pid)") { self.exit != nil }
        return exit!
    }

    private static func fullPipe() throws -> (input: Int32, output: Int32) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw SpawnError(description: "no pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        let byte = UInt8(ascii: ".")
        while withUnsafeBytes(of: byte, { write(ends[1], $0.baseAddress!, 1) }) == 1 {}
        _ = fcntl(ends[1], F_SETFL, 0)
        return (ends[1], ends[0])
    }

    private static func text(ofFile path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }

    private static func withCStrings<Result>(
        _ strings: [String],
        _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
        defer { pointers.forEach { free($0) } }
        return pointers.withUnsafeMutableBufferPointer { body($0.baseAddress!) }
    }
}

/// The thread that starts every child: the kernel ends a child with the thread that started it, so it is one that ends
/// with the tests. (The main thread is none: Dispatch gives it up.)
private final class StartingThread: Sendable {
    static let shared = StartingThread()

    private let jobs = Mutex<[@Sendable () -> Void]>([])
    private let signal = DispatchSemaphore(value: 0)

    private final class Answer<Value: Sendable>: Sendable {
        let value = Mutex<Value?>(nil)
    }

    private init() {
        Thread.detachNewThread { [self] in
            while true {
                signal.wait()
                jobs.withLock { $0.removeFirst() }()
            }
        }
    }

    func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) -> Result {
        let done = DispatchSemaphore(value: 0)
        let answer = Answer<Result>()
        jobs.withLock {
            $0.append {
                let value = body()
                answer.value.withLock { $0 = value }
                done.signal()
            }
        }
        signal.signal()
        done.wait()
        return answer.value.withLock { $0! }
    }
}
