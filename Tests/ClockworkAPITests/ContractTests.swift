import HTTPTransport
import Kafka
import KafkaFaults
import Scheduling
import Testing

/// The rows of the contract's table, against a live pod with each of the stores.
@Suite(.serialized) struct ContractTests {
    @Test(arguments: StoreKind.allCases)
    func `a schedule is accepted, pending, and executed once it is due`(store: StoreKind) async throws {
        try await LivePod.with(store) { pod in
            let time = LivePod.later(2_500)
            let accepted = try await pod.call("POST", "/schedule", body: LivePod.create("k", at: time))
            #expect(accepted.status == 202, "\(accepted.text)")
            let partition = try #require(accepted.number("partition"))
            let offset = try #require(accepted.number("offset"))
            #expect(
                accepted.text == """
                    {"clientId":"c","scheduleKey":"k","scheduleTime":\(time),"partition":\(partition),"offset":\(offset)}
                    """
            )
            let pending = try await pod.call("GET", "/schedule/c/k")
            #expect(pending.status == 200)
            #expect(
                pending.text == """
                    {"clientId":"c","scheduleKey":"k","orderingKey":"k","scheduleTime":\(time),\
                    "delivery":{"topic":"out"},"status":"PENDING","partition":\(partition),"offset":\(offset)}
                    """
            )
            let executed = try await pod.status("/schedule/c/k", until: "EXECUTED")
            #expect(executed.number("offset") == offset)
            let repeated = try await pod.call("POST", "/schedule", body: LivePod.create("k", at: time))
            #expect(repeated.status == 202)
            #expect(try await pod.call("GET", "/schedule/c/k").text == executed.text)
            let late = try await pod.call("DELETE", "/schedule/c/k")
            #expect(late.status == 409)
            #expect(late.text.contains("\"scheduleStatus\":\"EXECUTED\""))
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `a schedule that is due on arrival is known from the first moment`(store: StoreKind) async throws {
        try await LivePod.with(store) { pod in
            let accepted = try await pod.call("POST", "/schedule", body: LivePod.create("now", at: 0))
            #expect(accepted.status == 202)
            let status = try await pod.call("GET", "/schedule/c/now")
            #expect(status.status == 200)
            _ = try await pod.status("/schedule/c/now", until: "EXECUTED")
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `a schedule for a topic that does not exist fails`(store: StoreKind) async throws {
        try await LivePod.with(store) { pod in
            // The local brokers create a topic that is asked for, so this one is made to be unknown.
            pod.kafka.setTopicError("nowhere", code: 3)
            _ = try await pod.call("POST", "/schedule", body: LivePod.create("f", at: 0, topic: "nowhere"))
            let failed = try await pod.status("/schedule/c/f", until: "FAILED")
            #expect(failed.status == 200)
            let late = try await pod.call("DELETE", "/schedule", body: "{\"clientId\":\"c\",\"scheduleKey\":\"f\"}")
            #expect(late.status == 409)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `a cancel by path or by body finds the partition of its schedule`(store: StoreKind) async throws {
        try await LivePod.with(store) { pod in
            let time = LivePod.later(600_000)
            for (index, ordering) in ["one", "two", "three", "four"].enumerated() {
                let body = LivePod.create("k\(index)", at: time, ordering: ordering)
                let created = try await pod.call("POST", "/schedule", body: body)
                let cancelled =
                    index.isMultiple(of: 2)
                    ? try await pod.call("DELETE", "/schedule/c/k\(index)")
                    : try await pod.call(
                        "DELETE",
                        "/schedule",
                        body: "{\"clientId\":\"c\",\"scheduleId\":\"k\(index)\"}"
                    )
                #expect(cancelled.status == 202, "\(cancelled.text)")
                #expect(cancelled.number("partition") == created.number("partition"))
                let status = try await pod.status("/schedule/c/k\(index)", until: "CANCELLED")
                #expect(status.number("offset") == created.number("offset"))
                #expect(try await pod.call("DELETE", "/schedule/c/k\(index)").status == 409)
            }
            let given = try await pod.call("POST", "/schedule", body: LivePod.create("o", at: time, ordering: "own"))
            let body = "{\"clientId\":\"c\",\"scheduleKey\":\"o\",\"orderingKey\":\"own\"}"
            let cancelled = try await pod.call("DELETE", "/schedule", body: body)
            #expect(cancelled.status == 202)
            #expect(cancelled.number("partition") == given.number("partition"))
            _ = try await pod.status("/schedule/c/o", until: "CANCELLED")
            #expect(try await pod.call("DELETE", "/schedule/c/unknown").status == 404)
            #expect(try await pod.call("GET", "/schedule/c/unknown").status == 404)
        }
    }

    /// The partitioner would have put it elsewhere: so it is once the intake topic has got more partitions.
    @Test(arguments: StoreKind.allCases)
    func `a cancel follows its schedule to a partition that the ordering key does not lead to`(
        store: StoreKind
    ) async throws {
        try await LivePod.with(store) { pod in
            let time = LivePod.later(600_000)
            for partition in Int32(0)..<4 {
                try await pod.produce(LivePod.create("k\(partition)", at: time), key: "one key", partition: partition)
                let pending = try await pod.status("/schedule/c/k\(partition)", until: "PENDING")
                #expect(pending.number("partition") == Int64(partition))
                let cancelled = try await pod.call("DELETE", "/schedule/c/k\(partition)")
                #expect(cancelled.status == 202, "\(cancelled.text)")
                #expect(cancelled.number("partition") == Int64(partition))
                _ = try await pod.status("/schedule/c/k\(partition)", until: "CANCELLED")
            }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `a client that prefers to wait gets the definite answer`(store: StoreKind) async throws {
        try await LivePod.with(store) { pod in
            let prefer = [HTTPHeader("Prefer", "respond-async, wait=30")]
            let time = LivePod.later(600_000)
            let body = LivePod.create("w", at: time)
            let stored = try await pod.call("POST", "/schedule", body: body, headers: prefer)
            #expect(stored.status == 201, "\(stored.text)")
            #expect(stored.header("Preference-Applied") == "wait")
            #expect(stored.text.contains("\"status\":\"PENDING\""))
            let cancelled = try await pod.call("DELETE", "/schedule/c/w", headers: prefer)
            #expect(cancelled.status == 200, "\(cancelled.text)")
            #expect(cancelled.text.contains("\"status\":\"CANCELLED\""))

            let now = LivePod.create("due", at: LivePod.later(-1))
            #expect(try await pod.call("POST", "/schedule", body: now, headers: prefer).status == 201)
            _ = try await pod.status("/schedule/c/due", until: "EXECUTED")
            let cancel = "{\"clientId\":\"c\",\"scheduleKey\":\"due\",\"orderingKey\":\"due\"}"
            let late = try await pod.call("DELETE", "/schedule", body: cancel, headers: prefer)
            #expect(late.status == 409, "\(late.text)")
            #expect(late.text.contains("\"scheduleStatus\":\"EXECUTED\""))
            let duplicate = try await pod.call("POST", "/schedule", body: now, headers: prefer)
            #expect(duplicate.status == 200, "\(duplicate.text)")
            #expect(duplicate.text.contains("\"status\":\"EXECUTED\""))
        }
    }

    @Test func `a cancel that comes too late does not change what is told of the schedule`() async throws {
        try await LivePod.with { pod in
            _ = try await pod.call("POST", "/schedule", body: LivePod.create("k", at: 0))
            _ = try await pod.status("/schedule/c/k", until: "EXECUTED")
            let cancel = "{\"clientId\":\"c\",\"scheduleKey\":\"k\",\"orderingKey\":\"k\"}"
            #expect(try await pod.call("DELETE", "/schedule", body: cancel).status == 202)
            #expect(try await pod.call("GET", "/schedule/c/k").text.contains("\"status\":\"EXECUTED\""))
            #expect(try await pod.call("DELETE", "/schedule/c/k").status == 409)

            let body = LivePod.create("twice", at: LivePod.later(600_000))
            _ = try await pod.call("POST", "/schedule", body: body)
            let twice = cancel.replacing("\"k\"", with: "\"twice\"")
            for _ in 0..<2 { #expect(try await pod.call("DELETE", "/schedule", body: twice).status == 202) }
            _ = try await pod.status("/schedule/c/twice", until: "CANCELLED")
            #expect(try await pod.call("GET", "/schedule/c/twice").text.contains("\"status\":\"CANCELLED\""))
        }
    }

    @Test func `a client that waits for a create that fails is told so`() async throws {
        try await LivePod.with { pod in
            pod.kafka.setTopicError("nowhere", code: 3)
            let body = LivePod.create("f", at: 0, topic: "nowhere")
            let failed = try await pod.call("POST", "/schedule", body: body, headers: [HTTPHeader("Prefer", "wait=30")])
            #expect(failed.status == 409, "\(failed.text)")
            #expect(failed.text.contains("urn:clockwork:problem:delivery-failed"))
            #expect(failed.text.contains("\"scheduleStatus\":\"FAILED\""))
            #expect(failed.text.contains("\"detail\":\"Topic nowhere"), "\(failed.text)")
            let status = try await pod.call("GET", "/schedule/c/f")
            #expect(status.text.contains("\"lastFailure\":\"Topic nowhere"), "\(status.text)")
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `without an owner a wait runs out, and what was accepted is still told`(store: StoreKind) async throws {
        try await LivePod.with(store, runsPod: false) { pod in
            let prefer = [HTTPHeader("Prefer", "wait=1")]
            let body = LivePod.create("w", at: LivePod.later(600_000))
            let accepted = try await pod.call("POST", "/schedule", body: body, headers: prefer)
            #expect(accepted.status == 202)
            #expect(accepted.header("Preference-Applied") == "wait")
            let status = try await pod.call("GET", "/schedule/c/w")
            #expect(status.status == 202)
            #expect(status.text.contains("\"status\":\"PENDING\""))
            #expect(status.number("offset") == accepted.number("offset"))
            #expect(try await pod.call("DELETE", "/schedule/c/w").status == 202)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `partitions tell their progress`(store: StoreKind) async throws {
        try await LivePod.with(store) { pod in
            _ = try await pod.call("POST", "/schedule", body: LivePod.create("p", at: 0))
            var answer = try await pod.call("GET", "/partitions")
            // A delivery leaves as many schedules in memory as there were before.
            while !answer.text.contains("\"executedUpTo\":0,\"pendingResident\":0") {
                try await Task.sleep(for: .milliseconds(100))
                answer = try await pod.call("GET", "/partitions")
            }
            #expect(answer.status == 200)
            #expect(answer.text.hasPrefix("[{\"partition\":"))
            for member in [
                "owner\":\"pod\"", "epoch\":", "pendingResident\":", "committedOffset\":", "generation\":0",
                "updatedAt\":",
            ] {
                #expect(answer.text.contains("\"\(member)"))
            }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `a store outage is told, and the pod stays ready for what it can still do`(store: StoreKind) async throws {
        try await LivePod.with(store) { pod in
            var ready = try await pod.call("GET", "/health/ready")
            while ready.text != #"{"status":"ok"}"# {
                try await Task.sleep(for: .milliseconds(100))
                ready = try await pod.call("GET", "/health/ready")
            }
            pod.store.isDown = true
            while ready.text == #"{"status":"ok"}"# {
                try await Task.sleep(for: .milliseconds(100))
                ready = try await pod.call("GET", "/health/ready")
            }
            #expect(ready.status == 200)
            #expect(
                ready.text.hasPrefix(
                    #"{"status":"ok","obstacles":[{"kind":"store","reason":"The store does not answer: made to fail"#
                )
            )
            let body = LivePod.create("k", at: LivePod.later(600_000))
            #expect(try await pod.call("POST", "/schedule", body: body).status == 202)
            #expect(try await pod.call("GET", "/schedule/c/k2").status == 503)
            #expect(try await pod.call("GET", "/partitions").status == 503)
            while try await !pod.call("GET", "/metrics").text.contains(#"clockwork_obstacles{kind="store"} 1"#) {
                try await Task.sleep(for: .milliseconds(100))
            }
            pod.store.isDown = false
            while try await pod.call("GET", "/health/ready").text != #"{"status":"ok"}"# {
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `with Kafka out of reach a request is refused, not left hanging`(store: StoreKind) async throws {
        try await LivePod.with(store, runsPod: false) { pod in
            let body = LivePod.create("k", at: LivePod.later(600_000))
            #expect(try await pod.call("POST", "/schedule", body: body).status == 202)
            try pod.kafka.takeDown()
            let refused = try await pod.call("POST", "/schedule", body: body, timeout: .seconds(10))
            #expect(refused.status == 503)
            #expect(refused.header("Retry-After") == "1")
            #expect(refused.header("Content-Type") == "application/problem+json")
            #expect(try await pod.call("GET", "/health/live").status == 200)
            try pod.kafka.bringUp()
            while try await pod.call("POST", "/schedule", body: body).status != 202 {}
        }
    }
}
