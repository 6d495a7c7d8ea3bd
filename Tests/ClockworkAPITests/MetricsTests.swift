import ClockworkAPI
import HTTPTransport
import Kafka
import KafkaFaults
import Testing

/// `/metrics`, of a live pod.
@Suite(.serialized) struct MetricsTests {
    /// Asks for the metrics until they have all of these lines, and gives the last answer.
    private func metrics(_ pod: LivePod, until lines: [String]) async throws -> [Substring] {
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            let page = try await pod.call("GET", "/metrics").text.split(separator: "\n")
            let missing = lines.filter { !page.contains(Substring($0)) }
            if missing.isEmpty { return page }
            guard .now < deadline else { throw LivePod.Failure(what: "missing \(missing) in \(page)") }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    @Test func `what a pod has done is shown`() async throws {
        try await LivePod.with { pod in
            let later = LivePod.later(60_000)
            _ = try await pod.call("POST", "/schedule", body: LivePod.create("due", at: LivePod.later(1_500)))
            _ = try await pod.call("POST", "/schedule", body: LivePod.create("late", at: 0))
            for _ in 0..<2 { _ = try await pod.call("POST", "/schedule", body: LivePod.create("twice", at: later)) }
            _ = try await pod.call("POST", "/schedule", body: LivePod.create("gone", at: later))
            _ = try await pod.call("DELETE", "/schedule/c/gone")
            // The local brokers create a topic that is asked for, so this one is made to be unknown.
            pod.kafka.setTopicError("nowhere", code: 3)
            _ = try await pod.call("POST", "/schedule", body: LivePod.create("lost", at: 0, topic: "nowhere"))
            _ = try await pod.status("/schedule/c/due", until: "EXECUTED")
            _ = try await pod.status("/schedule/c/late", until: "EXECUTED")
            _ = try await pod.status("/schedule/c/lost", until: "FAILED")
            _ = try await pod.call("POST", "/schedule", body: LivePod.create("late", at: 0))
            _ = try await pod.call("GET", "/nothing")
            let lag = (0..<4).map { "clockwork_intake_lag_records{partition=\"\($0)\"} 0" }
            let page = try await metrics(
                pod,
                until: lag + [
                    #"clockwork_requests_total{kind="create",result="accepted"} 7"#,
                    #"clockwork_requests_total{kind="replace",result="applied"} 1"#,
                    #"clockwork_requests_total{kind="duplicate",result="dropped"} 1"#,
                    #"clockwork_requests_total{kind="cancel",result="applied"} 1"#,
                    #"clockwork_requests_total{kind="cancel",result="nothing_pending"} 0"#,
                    #"clockwork_requests_total{kind="invalid",result="rejected"} 0"#,
                    #"clockwork_dead_letters_total{code="unknown-topic"} 1"#,
                    #"clockwork_dead_letters_total{code="invalid-json"} 0"#,
                    #"clockwork_deliveries_total{target="topic",topic="out",result="delivered"} 2"#,
                    #"clockwork_deliveries_total{target="topic",topic="(other)",result="failed"} 1"#,
                    // Not the one that was due on arrival.
                    "clockwork_delivery_lateness_seconds_count 1",
                    "clockwork_resident_schedules 1",
                    "clockwork_unsettled_offsets 0",
                    "clockwork_deliveries_in_flight 0",
                    "clockwork_schedule_bytes 1",
                    "clockwork_owned_partitions 4",
                    "clockwork_paused_partitions 0",
                    #"clockwork_http_request_duration_seconds_count{route="/schedule",method="POST",status="202"} 7"#,
                    #"clockwork_http_request_duration_seconds_count{route="(none)",method="GET",status="404"} 1"#,
                ]
            )
            #expect(!page.contains(#"clockwork_rebalances_total{kind="assigned"} 0"#))
            #expect(!page.contains(#"clockwork_store_call_duration_seconds_count{operation="apply",result="ok"} 0"#))
            #expect(!page.contains { $0.contains("nowhere") || $0.contains("twice") })
        }
    }

    @Test func `a process that offers its state alone offers its metrics`() async throws {
        try await LivePod.with(offer: .stateOnly) { pod in
            let metrics = try await pod.call("GET", "/metrics")
            #expect(metrics.text.contains("\nclockwork_owned_partitions 4\n"))
            #expect(try await pod.call("GET", "/health/live").status == 200)
            #expect(try await pod.call("GET", "/partitions").status == 404)
        }
    }

    @Test func `anyone may read the metrics, and nothing else can be done to them`() async throws {
        try await LivePod.with(tokens: ["secret"], runsPod: false) { pod in
            #expect(try await pod.call("GET", "/partitions").status == 401)
            let answer = try await pod.call("GET", "/metrics")
            #expect(answer.status == 200)
            #expect(answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
            #expect(try await pod.call("GET", "/metrics?name[]=up").status == 200)
            let posted = try await pod.call("POST", "/metrics")
            #expect(posted.status == 405)
            #expect(posted.header("Allow") == "GET, HEAD")
        }
    }
}
