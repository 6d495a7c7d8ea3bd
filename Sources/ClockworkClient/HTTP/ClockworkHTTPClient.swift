internal import Bytes
internal import HTTPTransport

/// A client of Clockwork's HTTP API.
///
/// Connections are kept alive and shared. Up to 64 exchanges run at a time, and further ones wait. May be used from any
/// task. If a task is cancelled, its exchange ends, but the service may have acted on it. The client never repeats a
/// call by itself. ``ClockworkClientError/isRetriable`` says when a repeat makes sense; sending a request again does no
/// harm.
public final class ClockworkHTTPClient: Sendable {
    private let address: ServiceAddress
    private let timeout: Duration
    private let http: HTTPClient

    /// A client, with a thread of its own.
    ///
    /// - Parameters:
    ///   - address: the address of the service.
    ///   - timeout: the most time for one exchange. It includes the wait for a connection; the time of `wait` is added
    ///     to it.
    /// - Throws: `cancelled` if the system has no thread to give.
    public init(address: ServiceAddress, timeout: Duration = .seconds(30)) throws(ClockworkClientError) {
        self.address = address
        self.timeout = timeout
        var configuration = HTTPClient.Configuration()
        // Room for a thousand lines of a batch, each with keys of the largest size and every byte escaped.
        configuration.maximumResponseBytes = 16 << 20
        do {
            http = try HTTPClient(configuration: configuration)
        } catch {
            throw ClockworkClientError(error)
        }
    }

    /// Closes the client. Outstanding calls and later ones fail with `cancelled`.
    ///
    /// Blocks until the thread has ended, which takes no longer than one turn of its loop. The client also closes when
    /// its last reference goes.
    public func close() {
        http.close()
    }

    // MARK: Requests

    /// Creates a schedule.
    ///
    /// - Parameters:
    ///   - request: checked before it is sent.
    ///   - wait: how long the service may wait for the partition's owner to apply the request, in whole seconds,
    ///     rounded up, at most 30. With `nil` it answers once the request is in the intake topic.
    /// - Returns: `accepted`, or after a wait `stored` or `repeated`.
    /// - Throws: `notPending` if the wait found that the delivery has failed; `invalidRequest` if the pending schedule
    ///   of the key has another ordering key.
    public func create(
        _ request: ScheduleRequest,
        wait: Duration? = nil
    ) async throws(ClockworkClientError) -> RequestOutcome {
        do { try request.validate() } catch { throw ClockworkClientError(error) }
        return try await outcome("POST", "/schedule", request.json, wait)
    }

    /// Takes back a pending schedule.
    ///
    /// - Parameters:
    ///   - request: checked before it is sent.
    ///   - wait: as for a create.
    /// - Returns: `accepted`, or after a wait `cancelled`.
    /// - Throws: `notFound` for an unknown schedule and `notPending` if the cancel came too late. With an ordering key,
    ///   both are possible only after a wait.
    public func cancel(
        _ request: CancelRequest,
        wait: Duration? = nil
    ) async throws(ClockworkClientError) -> RequestOutcome {
        do { try request.validate() } catch { throw ClockworkClientError(error) }
        return try await outcome("DELETE", "/schedule", request.body, wait)
    }

    /// Sends a batch in one exchange.
    ///
    /// - Returns: the result of each request, in order.
    /// - Throws: also `unavailable`, if the service did not answer every line, or for one of them was too busy or could
    ///   not reach Kafka. It is then unknown which requests the service has taken. The batch may be sent again.
    public func send(_ batch: RequestBatch) async throws(ClockworkClientError) -> [BatchResult] {
        guard !batch.isEmpty else { return [] }
        let headers = [HTTPHeader("Content-Type", "application/x-ndjson")]
        let response = try await exchange("POST", "/schedule", headers: headers, body: batch.body)
        var results: [BatchResult] = []
        for line in response.body.split(separator: UInt8(ascii: "\n")) where line.contains(where: { $0 > 0x20 }) {
            guard let result = BatchResult(line: line) else {
                throw .unexpectedAnswer("line \(results.count + 1) is not a result")
            }
            if case .refused(let problem) = result {
                let error = ClockworkClientError(problem)
                if error.isRetriable { throw error }
            }
            results.append(result)
        }
        guard results.count <= batch.count else {
            throw .unexpectedAnswer("\(results.count) results for \(batch.count) requests")
        }
        guard results.count == batch.count else {
            throw ClockworkClientError(
                code: .unavailable,
                message: "the service answered \(results.count) of \(batch.count) requests"
            )
        }
        return results
    }

    // MARK: Questions

    /// The status of a schedule.
    ///
    /// - Parameters:
    ///   - clientID: the client that the schedule belongs to.
    ///   - scheduleKey: the client's key of the schedule.
    ///   - wait: how long the service may wait until its answer is final, as for a create; `nil` for its default of one
    ///     second.
    /// - Throws: `notFound` if the key is unknown or has been forgotten; `unavailable` if earlier requests are still to
    ///   be applied and nothing is known yet.
    public func status(
        clientID: String,
        scheduleKey: String,
        wait: Duration? = nil
    ) async throws(ClockworkClientError) -> ScheduleStatus {
        let path = "/schedule/\(PercentEncoding.pathPart(clientID))/\(PercentEncoding.pathPart(scheduleKey))"
        let response = try await exchange("GET", path, preferring: wait)
        guard let json = JSONValue(response.body) else { throw .unexpectedAnswer("no JSON") }
        let isFinal = response.status != 202
        if let status = ScheduleStatus(json, isFinal: isFinal) { return status }
        guard !isFinal else { throw .unexpectedAnswer("no status") }
        throw ClockworkClientError(
            code: .unavailable,
            message: "nothing is known of the schedule yet: earlier requests are still to be applied",
            retryAfter: .seconds(1)
        )
    }

    /// The state of each intake partition, by partition.
    public func partitions() async throws(ClockworkClientError) -> [PartitionReport] {
        guard let elements = try await json("GET", "/partitions").elements else {
            throw .unexpectedAnswer("no list of partitions")
        }
        var reports: [PartitionReport] = []
        for element in elements {
            guard let report = PartitionReport(element) else { throw .unexpectedAnswer("no progress record") }
            reports.append(report)
        }
        return reports.sorted { $0.partition < $1.partition }
    }

    // MARK: Exchanges

    private func outcome(
        _ method: String,
        _ path: String,
        _ body: [UInt8],
        _ wait: Duration?
    ) async throws(ClockworkClientError) -> RequestOutcome {
        let headers = [HTTPHeader("Content-Type", "application/json")]
        let response = try await exchange(method, path, headers: headers, body: body, preferring: wait)
        let stage: RequestOutcome.Stage =
            switch response.status {
            case 200: method == "POST" ? .repeated : .cancelled
            case 201: .stored
            default: .accepted
            }
        guard let receipt = JSONValue(response.body).flatMap(Receipt.init) else {
            throw .unexpectedAnswer("no receipt")
        }
        return RequestOutcome(stage: stage, receipt: receipt)
    }

    private func json(_ method: String, _ path: String) async throws(ClockworkClientError) -> JSONValue {
        guard let json = JSONValue(try await exchange(method, path).body) else { throw .unexpectedAnswer("no JSON") }
        return json
    }

    /// Sends a request and returns its answer. An answer without success is thrown as an error.
    private func exchange(
        _ method: String,
        _ path: String,
        headers: [HTTPHeader] = [],
        body: [UInt8] = [],
        preferring wait: Duration? = nil
    ) async throws(ClockworkClientError) -> HTTPResponse {
        var headers = headers
        let seconds = wait.map(Self.seconds)
        if let seconds { headers.append(HTTPHeader("Prefer", "wait=\(seconds)")) }
        let response: HTTPResponse
        do {
            response = try await http.send(
                HTTPRequest(
                    method: method,
                    url: address.baseURL + path,
                    headers: address.authorization + headers,
                    body: body,
                    timeout: timeout + .seconds(seconds ?? 0)
                )
            )
        } catch {
            throw ClockworkClientError(error)
        }
        guard (200..<300).contains(response.status) else { throw ClockworkClientError(response) }
        return response
    }

    /// Whole seconds, rounded up, 0 to 30.
    private static func seconds(_ wait: Duration) -> Int64 {
        let (seconds, attoseconds) = min(max(wait, .zero), .seconds(30)).components
        return seconds + (attoseconds > 0 ? 1 : 0)
    }
}
