import CoreMetrics
import Foundation
import Logging
import PrometheusMetrics
import Scheduling
import ScriptedServer
import ServiceLifecycle
import Synchronization
import Testing

@testable import ClockworkService

@Suite struct ElasticsearchReporterTests {
    private let registry = MetricsRegistry(Metric.all)

    @Test func `each series is a document of its own`() throws {
        Metric.requests.counter(registry, "create", "accepted").increment(by: 3)
        let lateness = Metric.deliveryLateness.timer(registry)
        for milliseconds in [10, 30] { lateness.recordMilliseconds(milliseconds) }
        Metric.build.gauge(registry, "odd \"one\"\n").record(1)
        Metric.ownedPartitions.gauge(registry).record(Double.nan)
        let body = ElasticsearchDocuments.body(
            registry.read(),
            at: EpochMilliseconds(rawValue: 1_798_131_600_250),
            pod: "pod-0"
        )
        let lines = body.split(separator: "\n")
        #expect(body.last == "\n")
        #expect(lines.count == 6)
        let objects = try lines.map { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? NSDictionary }
        for action in [objects[0], objects[2], objects[4]] { #expect(action == ["create": [:] as NSDictionary]) }
        let time = "2026-12-24T17:00:00.250Z"
        #expect(
            objects[1] == [
                "@timestamp": time, "pod": "pod-0", "name": "clockwork_build_info", "type": "gauge",
                "labels": ["version": "odd \"one\"\n"], "value": 1,
            ] as NSDictionary
        )
        #expect(
            objects[3] == [
                "@timestamp": time, "pod": "pod-0", "name": "clockwork_delivery_lateness_seconds",
                "type": "histogram", "labels": [:] as NSDictionary, "count": 2, "sum": 0.04, "mean": 0.02,
            ] as NSDictionary
        )
        #expect(
            objects[5] == [
                "@timestamp": time, "pod": "pod-0", "name": "clockwork_requests_total", "type": "counter",
                "labels": ["kind": "create", "result": "accepted"], "value": 3,
            ] as NSDictionary
        )
    }

    @Test(.timeLimit(.minutes(1)))
    func `metrics are sent step by step; a target that is down is told of once and harms nothing`() async throws {
        Metric.ownedPartitions.gauge(registry).record(4)
        let server = ScriptedServer { request in
            switch request.index {
            case 0: .answer(status: 200, body: #"{"errors":false}"#)
            case 1: .answer(status: 503)
            case 2: .hangUp
            case 3: .answer(status: 200, body: #"{"took":1,"errors":true,"items":[]}"#)
            default: .answer(status: 200, body: #"{"errors":false}"#)
            }
        }
        defer { server.stop() }
        let log = Log()
        let reporter = try ElasticsearchReporter(
            ElasticsearchConfiguration(
                url: Secret(server.url.replacing("http://", with: "http://elastic:s3cret@")),
                index: "metrics-1",
                step: .milliseconds(10)
            ),
            registry: registry,
            pod: "pod-0",
            logger: Logger(label: "test") { _ in log }
        )
        let group = ServiceGroup(services: [reporter], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            while log.lines.count < 2 { try await Task.sleep(for: .milliseconds(5)) }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(log.lines.count == 2)
        #expect(log.lines.first?.hasPrefix("warning metrics cannot be sent") == true)
        #expect(log.lines.last == "info metrics are sent to Elasticsearch again")
        #expect(!log.lines.contains { $0.contains("s3cret") })
        let request = try #require(server.requests.first)
        #expect(request.line == "POST /metrics-1/_bulk HTTP/1.1")
        #expect(request.headers["content-type"] == "application/x-ndjson")
        #expect(request.headers["authorization"] == "Basic \(Data("elastic:s3cret".utf8).base64EncodedString())")
        #expect(request.text.contains(#""name":"clockwork_owned_partitions","type":"gauge","labels":{},"value":4.0}"#))
    }

    /// Keeps lines with their level and error.
    private struct Log: LogHandler {
        private final class Lines: Sendable {
            let all = Mutex<[String]>([])
        }

        private let kept = Lines()
        var lines: [String] { kept.all.withLock { $0 } }
        var logLevel = Logger.Level.info
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let error = event.metadata?["error"].map { " \($0)" } ?? ""
            kept.all.withLock { $0.append("\(event.level) \(event.message)\(error)") }
        }
    }
}
