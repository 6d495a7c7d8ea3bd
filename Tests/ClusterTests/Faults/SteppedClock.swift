import Foundation

/// A wall clock for pods that can be stepped, without touching the machine's: see `clock_shim.c`.
struct SteppedClock {
    private let library: String
    private let file: String

    /// Builds the library.
    ///
    /// - Parameter folder: for its files.
    init(folder: String) async throws {
        library = folder + "/clock_shim.so"
        file = folder + "/clock"
        let compiler = try ChildProcess(
            "/usr/bin/env",
            ["cc", "-shared", "-fPIC", "-O1", "-o", library, Python.script("clock_shim.c"), "-ldl", "-lpthread"],
            environment: Clockwork.baseEnvironment,
            files: folder + "/compiler"
        )
        guard try await compiler.waitForExit() == .code(0) else {
            throw Impatient(description: "the clock cannot be built: \(compiler.errors)")
        }
        try Data(count: 8).write(to: URL(filePath: file))
    }

    /// What a pod that is to have this clock is given as environment.
    var environment: [String: String] { ["LD_PRELOAD": library, "CLOCK_SHIM": file] }

    /// What a pod is given whose Kafka client is the last to go on after it was stopped.
    var lateKafkaClient: [String: String] { ["LD_PRELOAD": library, "LATE_THREAD": "rdk:main"] }

    /// Sets the clock so far ahead of the machine's; behind it, if negative.
    func set(aheadBy milliseconds: Int64) throws {
        // In place: the pods have the file mapped.
        let handle = try FileHandle(forWritingTo: URL(filePath: file))
        defer { try? handle.close() }
        try withUnsafeBytes(of: milliseconds.littleEndian) { try handle.write(contentsOf: $0) }
    }
}
