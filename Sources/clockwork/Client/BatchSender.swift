import ClockworkClient
import ClockworkService
import Scheduling

/// Sends a file of requests by the HTTP API, a batch after the other, so that their order is kept.
struct BatchSender {
    /// How often a batch is sent that the service does not take, before the send is given up.
    static let attempts = 6

    private let client: ClockworkHTTPClient
    /// Waits between two attempts.
    private let pause: (Duration) async throws -> Void
    private let onRefusal: (LineRefusal) -> Void

    /// The number of requests that are in the intake topic.
    private(set) var accepted = 0
    /// The number of requests that were refused.
    private(set) var refused = 0

    private var batch = RequestBatch()
    /// The line that each request of the batch came from.
    private var lines: [Int] = []

    /// - Parameter onRefusal: told of each refused request.
    init(
        client: ClockworkHTTPClient,
        pause: @escaping (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        onRefusal: @escaping (LineRefusal) -> Void
    ) {
        self.client = client
        self.pause = pause
        self.onRefusal = onRefusal
    }

    /// Sends every request of a file that a service may accept. A batch that is not full is sent when the file, a pipe
    /// perhaps, has nothing to read just now.
    ///
    /// - Parameter onProgress: told how many requests were answered so far.
    /// - Throws: a ``ClientError`` that says up to which line all requests were answered.
    mutating func send(
        _ file: RequestFile,
        now: () -> EpochMilliseconds,
        onProgress: (_ count: Int) -> Void
    ) async throws {
        var file = file
        while let request = try file.next(now: now) {
            if let rejection = RequestCheck.refusal(ofLine: request) {
                refuse(.check(rejection), line: file.lineNumber, of: file)
            } else if batch.append(json: request.value ?? []) {
                lines.append(file.lineNumber)
            }
            guard batch.isFull || !file.isReady else { continue }
            try await flush(file)
            onProgress(accepted + refused)
        }
        try await flush(file)
    }

    private mutating func refuse(_ reason: LineRefusal.Reason, line: Int, of file: RequestFile) {
        refused += 1
        onRefusal(LineRefusal(file: file.name, line: line, reason: reason))
    }

    private mutating func flush(_ file: RequestFile) async throws {
        guard !batch.isEmpty else { return }
        let results = try await answers()
        for (line, result) in zip(lines, results) {
            switch result {
            case .accepted: accepted += 1
            case .refused(let problem): refuse(.service(problem), line: line, of: file)
            }
        }
        batch = RequestBatch()
        lines.removeAll(keepingCapacity: true)
    }

    /// Sending a batch again is harmless: the latest request of each key counts, as it did the first time.
    private func answers() async throws -> [BatchResult] {
        var attempt = 1
        while true {
            do throws(ClockworkClientError) {
                return try await client.send(batch)
            } catch {
                guard error.isRetriable, attempt < Self.attempts else {
                    throw ClientError("line \(lines[0]) and later ones may not be sent: \(error)")
                }
                let longest = Duration.seconds(30)
                try await pause(min(error.retryAfter ?? .seconds(1 << (attempt - 1)), longest))
                attempt += 1
            }
        }
    }
}
