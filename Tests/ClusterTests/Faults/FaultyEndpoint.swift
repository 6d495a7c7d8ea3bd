import Foundation

/// A process between the pods and the DynamoDB endpoint that makes requests fail.
struct FaultyEndpoint {
    /// What happens to requests; see `dynamodb_faults.py`. Shares are from 0 to 1.
    struct Faults: Encodable {
        /// Seconds.
        var delay = 0.0
        var throttle = 0.0
        var error = 0.0
        var drop = 0.0
        var unprocessed = 0.0
        var half = 0.0
    }

    let url: String
    private let process: ChildProcess
    private let file: URL

    /// Starts it.
    ///
    /// - Parameter folder: for its files.
    init(folder: String, seed: UInt64) async throws {
        file = URL(filePath: folder + "/faults.json")
        let process = try ChildProcess(
            try Python.path,
            [Python.script("dynamodb_faults.py"), try DynamoDBEndpoint.url, file.path, "\(seed)"],
            environment: Clockwork.baseEnvironment,
            files: folder + "/faulty-endpoint"
        )
        self.process = process
        try await wait("the faulty endpoint") { process.output.hasSuffix("\n") }
        url = process.output.trimmingCharacters(in: .newlines)
    }

    /// From now on requests fail like this.
    func set(_ faults: Faults) throws {
        try JSONEncoder().encode(faults).write(to: file, options: .atomic)
    }

    func stop() {
        process.send(SIGKILL)
    }
}
