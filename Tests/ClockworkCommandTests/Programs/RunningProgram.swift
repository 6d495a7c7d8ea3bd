import Foundation

/// A program in a process group of its own, whose standard output is read line by line.
final class RunningProgram {
    private let process = Process()
    private var lines: AsyncStream<String>.AsyncIterator
    private let exits: AsyncStream<Int32>

    /// Starts a program in `folder`, with `environment` on top of that of the tests.
    init(_ arguments: [String], in folder: URL, environment: [String: String]) throws {
        let output = Pipe()
        // Looks the program up in PATH. Foundation makes it the leader of a process group, and its children belong to it.
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        lines = stream.makeAsyncIterator()
        let (exits, exited) = AsyncStream.makeStream(of: Int32.self)
        self.exits = exits
        process.terminationHandler = {
            exited.yield($0.terminationStatus)
            exited.finish()
        }
        try process.run()
        let handle = output.fileHandleForReading
        Thread.detachNewThread {
            var rest = Data()
            while case let data = handle.availableData, !data.isEmpty {
                rest += data
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    continuation.yield(String(decoding: rest[..<end], as: UTF8.self))
                    rest = Data(rest[(end + 1)...])
                }
            }
            if !rest.isEmpty { continuation.yield(String(decoding: rest, as: UTF8.self)) }
            continuation.finish()
        }
    }

    /// The next line of output; `nil` when it has ended or the test has run out of time.
    func nextLine() async -> String? {
        await lines.next(isolation: #isolation)
    }

    /// Waits for the end of the output, and then for the program.
    ///
    /// - Returns: the status is `nil` when the test has run out of time; the program is ended then.
    func finish() async -> (lines: [String], status: Int32?) {
        var all: [String] = []
        while let line = await nextLine() { all.append(line) }
        for await status in exits { return (all, status) }
        stop()
        return (all, nil)
    }

    /// Ends the program and its children at once. No softer signal will do: they inherit the mask of the thread that
    /// started them, and those of Dispatch block all others.
    func stop() {
        kill(-process.processIdentifier, SIGKILL)
    }
}
