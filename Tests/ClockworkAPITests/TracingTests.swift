import HTTPTransport
import InMemoryTracing
import Kafka
import Logging
import Scheduling
import Testing
import Tracing

/// Traces through a live pod.
@Suite(.serialized) struct TracingTests {
    private static let context = [
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), ("tracestate", "vendor=value"),
    ]

    private static let headers =
        context + [
            (InMemoryTracer.traceIDKey, "trace"), (InMemoryTracer.spanIDKey, "span"),
        ]

    private static let request = [
        ("clockwork-schedule-time", "0"), ("clockwork-client-id", "c"), ("clockwork-schedule-key", "k"),
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

            let delivered = try Self.records(1, of: LivePod.topic, pod)[0]
            #expect(Array(delivered.prefix(Self.headers.count)) == Self.headers.map { "\($0.0): \($0.1)" })
            for name in ["clockwork intake", "clockwork delivery"] {
                let spans = tracer.finishedSpans.filter { $0.operationName == name && !$0.links.isEmpty }
                #expect(spans.map { $0.links.map(\.context.inMemorySpanContext?.traceID) } == [["trace"]], "\(name)")
            }
            #expect(tracer.finishedSpans.contains { $0.operationName == "clockwork store apply" })
        }
    }

    @Test func `the trace of an HTTP call goes into each of its intake records, and on to the delivery`() async throws {
        try await LivePod.with { pod in
            let trace = Self.context.map { HTTPHeader($0.0, $0.1) }
            let body = LivePod.create("due", at: 0)
            #expect(try await pod.call("POST", "/schedule", body: body, headers: trace).status == 202)
            _ = try await pod.status("/schedule/c/due", until: "EXECUTED")
            let written = Self.context.map { "\($0.0): \($0.1)" }
            #expect(try Self.records(1, of: LivePod.intake, pod) == [written])
            let delivered = try Self.records(1, of: LivePod.topic, pod)[0]
            #expect(Array(delivered.prefix { !$0.hasPrefix("clockwork-") }) == written)
        }
        try await LivePod.with(runsPod: false) { pod in
            let trace = Self.context.map { HTTPHeader($0.0, $0.1) }
            let bodies = (0..<3).map { LivePod.create("k\($0)", at: LivePod.later(600_000), ordering: "o") }
            let stream = trace + [HTTPHeader("Content-Type", "application/x-ndjson")]
            let lines = try await pod.call("POST", "/schedule", body: bodies.joined(separator: "\n"), headers: stream)
            #expect(lines.text.split(separator: "\n").allSatisfy { $0.contains("\"offset\"") }, "\(lines.text)")
            let cancel = "{\"clientId\":\"c\",\"scheduleKey\":\"k0\",\"orderingKey\":\"o\"}"
            #expect(try await pod.call("DELETE", "/schedule", body: cancel, headers: trace).status == 202)
            #expect(try await pod.call("DELETE", "/schedule/c/k1", headers: trace).status == 202)
            let wrong = [HTTPHeader("traceparent", "00-" + Self.context[0].1), trace[1]]
            #expect(try await pod.call("POST", "/schedule", body: bodies[2], headers: wrong).status == 202)
            #expect(try await pod.call("POST", "/schedule", body: bodies[2], headers: [trace[1]]).status == 202)
            let written = Self.context.map { "\($0.0): \($0.1)" }
            let expected = Array(repeating: written, count: 5) + [[], []]
            #expect(try Self.records(7, of: LivePod.intake, pod) == expected)
        }
    }

    @Test func `payload and trace together count towards the limit, so that the owner takes what was accepted`()
        async throws
    {
        try await LivePod.with { pod in
            let trace = Self.context.map { HTTPHeader($0.0, $0.1) }
            let room = 358_400 - Self.context.reduce(0) { $0 + $1.0.utf8.count + $1.1.utf8.count + 8 }
            func create(_ key: String, bytes: Int) -> String {
                LivePod.create(key, at: 0).replacing("\"x\"", with: "\"\(String(repeating: "y", count: bytes))\"")
            }
            let full = create("full", bytes: room)
            #expect(try await pod.call("POST", "/schedule", body: full, headers: trace).status == 202)
            _ = try await pod.status("/schedule/c/full", until: "EXECUTED")
            let large = create("large", bytes: room + 1)
            let refused = try await pod.call("POST", "/schedule", body: large, headers: trace)
            #expect(refused.status == 413)
            #expect(refused.text.contains("payload-too-large"))
            let stream = trace + [HTTPHeader("Content-Type", "application/x-ndjson")]
            let line = try await pod.call("POST", "/schedule", body: large, headers: stream)
            #expect(line.text.contains("payload-too-large"))
            #expect(try await pod.call("POST", "/schedule", body: large).status == 202)
            _ = try await pod.status("/schedule/c/large", until: "EXECUTED")
        }
    }

    /// The headers of the first records of a topic.
    private static func records(_ count: Int, of topic: String, _ pod: LivePod) throws -> [[String]] {
        var quiet = Logger(label: "test")
        quiet.logLevel = .critical
        let properties: KafkaProperties = ["bootstrap.servers": pod.kafka.bootstrapServers]
        let reader = try KafkaReader(topic: topic, from: .beginning, properties: properties, logger: quiet)
        var records: [[String]] = []
        while records.count < count {
            try reader.poll(timeout: .milliseconds(100)) { record in
                var headers: [String] = []
                record.forEachHeader { name, value in
                    let value = value.map { String(decoding: $0, as: UTF8.self) } ?? ""
                    headers.append("\(String(decoding: name, as: UTF8.self)): \(value)")
                }
                records.append(headers)
            }
        }
        return records
    }
}

extension KafkaHeaders {
    /// Appends a header with text as its value.
    fileprivate mutating func append(name: String, value: String) {
        var name = name
        var value = value
        name.withUTF8 { name in
            value.withUTF8 { value in
                append(name: UnsafeRawBufferPointer(name), value: UnsafeRawBufferPointer(value))
            }
        }
    }
}
