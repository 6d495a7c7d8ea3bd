import Foundation
import HTTPTransport

/// A client of pods' HTTP APIs over kept-alive connections.
struct APIClient: Sendable {
    /// What became of a request.
    enum Outcome {
        /// The pod has accepted it, and it lies there in the intake.
        case accepted(partition: Int32, offset: Int64)
        /// The pod gave another answer.
        case refused(HTTPResponse)
        /// There was no answer: it may have been accepted or not.
        case unanswered(HTTPTransportError)
    }

    private struct Acceptance: Decodable {
        var partition: Int32
        var offset: Int64
    }

    private let http: HTTPClient

    /// Runs `body` with a client of at most so many connections.
    static func with<Result>(
        connections: Int,
        _ body: (APIClient) async throws -> Result
    ) async throws -> Result {
        var configuration = HTTPClient.Configuration()
        configuration.maximumConnections = connections
        configuration.maximumConnectionsPerHost = connections
        configuration.maximumOutstanding = 20_000
        let http = try HTTPClient(configuration: configuration)
        defer { http.close() }
        return try await body(APIClient(http: http))
    }

    /// Sends `request` as a create or a cancel.
    func send(_ request: TestRequest, port: Int) async -> Outcome {
        let record = request.record
        do throws(HTTPTransportError) {
            let response = try await http.send(
                HTTPRequest(
                    method: request.isCancel ? "DELETE" : "POST",
                    url: "http://127.0.0.1:\(port)/schedule",
                    headers: [],
                    body: record.value ?? [],
                    timeout: .seconds(60)
                )
            )
            guard response.status == 202,
                let acceptance = try? JSONDecoder().decode(Acceptance.self, from: Data(response.body))
            else { return .refused(response) }
            return .accepted(partition: acceptance.partition, offset: acceptance.offset)
        } catch {
            return .unanswered(error)
        }
    }

    /// A pod's metrics.
    func metrics(port: Int) async throws -> Metrics {
        Metrics(page: String(decoding: try await get("/metrics", port: port).body, as: UTF8.self))
    }

    /// Asks for a path.
    func get(_ path: String, port: Int, timeout: Duration = .seconds(60)) async throws -> HTTPResponse {
        try await http.send(
            HTTPRequest(method: "GET", url: "http://127.0.0.1:\(port)\(path)", headers: [], body: [], timeout: timeout)
        )
    }
}
