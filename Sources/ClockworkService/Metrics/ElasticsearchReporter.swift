internal import HTTPTransport
public import Logging
public import PrometheusMetrics
public import ServiceLifecycle

/// Sends the metrics to Elasticsearch at a fixed interval, by its bulk API.
///
/// Metrics that cannot be sent are not kept: counters go on growing, so the next report makes up for it. A target that
/// is down is logged once, and once more when it is back.
public struct ElasticsearchReporter: Service {
    private let configuration: ElasticsearchConfiguration
    private let registry: MetricsRegistry
    private let pod: String
    private let logger: Logger
    private let http: HTTPClient

    private static let timeout = Duration.seconds(10)

    /// A reporter, which sends nothing before it runs.
    ///
    /// - Parameters:
    ///   - configuration: where the documents go, and how often.
    ///   - registry: the metrics to send.
    ///   - pod: the name of the pod, for each document.
    ///   - logger: takes a line when reports begin to fail, and when they succeed again.
    /// - Throws: when no thread can be started for its HTTP client.
    public init(
        _ configuration: ElasticsearchConfiguration,
        registry: MetricsRegistry,
        pod: String,
        logger: Logger
    ) throws {
        self.configuration = configuration
        self.registry = registry
        self.pod = pod
        self.logger = logger.inCategory(.metrics)
        http = try HTTPClient()
    }

    /// Sends until the graceful shutdown of its service group.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var isDown = false
            while (try? await Task.sleep(for: configuration.step)) != nil {
                let obstacle = await send()
                guard !Task.isCancelled, isDown != (obstacle != nil) else { continue }
                isDown = obstacle != nil
                if let obstacle {
                    logger.warning("metrics cannot be sent to Elasticsearch", metadata: ["error": "\(obstacle)"])
                } else {
                    logger.info("metrics are sent to Elasticsearch again")
                }
            }
        }
        http.close()
    }

    /// Sends all metrics once.
    ///
    /// - Returns: the reason why they were not accepted; `nil` if they were.
    private func send() async -> String? {
        let body = ElasticsearchDocuments.body(registry.read(), at: WallClock.now(), pod: pod)
        let request = HTTPRequest(
            method: "POST",
            url: "\(configuration.url.revealed)/\(configuration.index)/_bulk",
            headers: [HTTPHeader("Content-Type", "application/x-ndjson")],
            body: Array(body.utf8),
            timeout: Self.timeout
        )
        do throws(HTTPTransportError) {
            let answer = try await http.send(request)
            guard answer.status == 200 else { return "status \(answer.status)" }
            let isRefused = String(decoding: answer.body.prefix(200), as: UTF8.self).contains("\"errors\":true")
            return isRefused ? "documents are refused" : nil
        } catch {
            return "\(error)"
        }
    }
}
