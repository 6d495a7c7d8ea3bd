import Foundation

/// The executable under test.
enum Clockwork {
    /// Its path: `CLOCKWORK_EXECUTABLE`, else the product beside the test bundle.
    static let path: String = {
        if let path = ProcessInfo.processInfo.environment["CLOCKWORK_EXECUTABLE"] { return path }
        let runner = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        return runner.deletingLastPathComponent().appending(path: "clockwork").path
    }()

    private static let names: Set = [
        "PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "LD_PRELOAD", "TSAN_OPTIONS", "ASAN_OPTIONS",
    ]

    /// What a child needs from the environment of the tests; no setting of Clockwork is among it.
    static let baseEnvironment = ProcessInfo.processInfo.environment.filter {
        names.contains($0.key)
    }

    /// A command that has ended.
    struct Result {
        var exit: ChildProcess.Exit
        var output: String
        var errors: String
    }

    /// Runs a command to its end.
    static func run(
        _ arguments: [String],
        environment: [String: String] = [:],
        input: [UInt8] = []
    ) async throws -> Result {
        try await withTemporaryFolder { folder in
            let child = try ChildProcess(
                path,
                arguments,
                environment: baseEnvironment.merging(environment) { $1 },
                input: input,
                files: folder + "/command"
            )
            defer { child.send(SIGKILL) }
            let exit = try await child.waitForExit()
            return Result(exit: exit, output: child.output, errors: child.errors)
        }
    }
}

/// Runs `body` with a folder that is removed after it.
func withTemporaryFolder<Result>(_ body: (_ path: String) async throws -> Result) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "clockwork-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder.path)
}
