import InMemoryTracing
import Kafka
import Logging
import Scheduling
import Testing
import Tracing

/// Traces through a live pod.
@Suite(.serialized) struct TracingTests {
    private static let headers = [
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), ("tracestate", "vendor=value"),
        (InMemoryTracer.traceIDKey, "trace"), (InMemoryTracer.spanIDKey, "span"),
    ]

    private static let request = [
        ("clockwork-schedule-time", "1"), ("clockwork-client-id", "c"), ("clockwork-schedule-key", "k"),
        ("clockwork-delivery-topic", LivePod.topic),
    ]

    @Test func `a request's trace is carried to its delivery, and the spans on its way are linked to it`() async throws
    {
        let tracer = InMemoryTracer()
        try await LivePod.with(tracer: tracer) { pod in
            var quiet = Logger(label: "test")
            quiet.logLevel = .critical
            let properties: KafkaProperties = ["bootstrap.servers": pod.kafka.bootstrapServers]
            let producer = try KafkaProducer(properties: properties, logger: quiet)
            defer { producer.close() }
            let topic = try producer.topic(LivePod.intake)
            let key = Array("key".utf8)
            let error = key.withUnsafeBytes { key in
                var headers = KafkaHeaders()
                for (name, value) in Self.headers + Self.request { headers.append(name: name, value: value) }
                return producer.produce(to: topic, key: key, value: key, headers: headers, token: 1)
            }
            #expect(error == nil)
            _ = try await pod.status("/schedule/c/k", until: "EXECUTED")

            let reader = try KafkaReader(topic: LivePod.topic, from: .beginning, properties: properties, logger: quiet)
            var delivered: [[String]] = []
            while delivered.isEmpty {
                try reader.poll(timeout: .milliseconds(100)) { record in
                    record.forEachHeader { name, value in
                        let value = value.map { String(decoding: $0, as: UTF8.self) } ?? ""
                        delivered.append([String(decoding: name, as: UTF8.self), value])
                    }
                }
            }
            #expect(Array(delivered.prefix(Self.headers.count)) == Self.headers.map { [$0.0, $0.1] })
            for name in ["clockwork intake", "clockwork delivery"] {
                let spans = tracer.finishedSpans.filter { $0.operationName == name && !$0.links.isEmpty }
                #expect(spans.map { $0.links.map(\.context.inMemorySpanContext?.traceID) } == [["trace"]], "\(name)")
            }
            #expect(tracer.finishedSpans.contains { $0.operationName == "clockwork store apply" })
        }
    }
}
