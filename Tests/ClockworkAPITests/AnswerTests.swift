import HTTPTransport
import Kafka
import Testing

/// Answers that are as new as the question, whichever API pod gives them.
@Suite(.serialized, .timeLimit(.minutes(5))) struct AnswerTests {
    private static let prefer = [HTTPHeader("Prefer", "wait=30")]

    /// A pod that fires, and two APIs: its own, and one of another process.
    private static func withTwoAPIs(_ body: (_ first: LivePod, _ second: LivePod) async throws -> Void) async throws {
        let open = try await StoreKind.sqlite.open(logger: LivePod.logger)
        defer { open.close() }
        let store = FaultyStore(open.store)
        let topics = [LivePod.intake: 4, LivePod.deadLetters: 1, LivePod.topic: 2]
        let kafka = try LocalKafka(brokers: 1, topics: topics)
        try await LivePod.with(kafka, store) { first in
            try await LivePod.with(kafka, store, runsPod: false) { second in try await body(first, second) }
        }
    }

    private static func cancel(_ key: String, ordering: String) -> String {
        "{\"clientId\":\"c\",\"scheduleKey\":\"\(key)\",\"orderingKey\":\"\(ordering)\"}"
    }

    @Test func `a cancel through another pod finds the create that came right before it`() async throws {
        try await Self.withTwoAPIs { first, second in
            for round in 0..<20 {
                let past = LivePod.create("k\(round)", at: LivePod.later(-1_000))
                #expect(try await first.call("POST", "/schedule", body: past, headers: Self.prefer).status == 201)
                _ = try await first.status("/schedule/c/k\(round)", until: "EXECUTED")
                let again = LivePod.create("k\(round)", at: LivePod.later(600_000))
                #expect(try await first.call("POST", "/schedule", body: again).status == 202)
                let cancelled = try await second.call("DELETE", "/schedule/c/k\(round)", headers: Self.prefer)
                #expect(cancelled.status == 200, "\(cancelled.text)")
                let status = try await first.call("GET", "/schedule/c/k\(round)")
                #expect(status.status == 200)
                #expect(status.text.contains("\"status\":\"CANCELLED\""), "\(status.text)")
            }
        }
    }

    @Test func `a status through another pod shows the request that came right before it`() async throws {
        try await Self.withTwoAPIs { first, second in
            for round in 0..<20 {
                let body = LivePod.create("s\(round)", at: LivePod.later(600_000), ordering: "o\(round)")
                #expect(try await first.call("POST", "/schedule", body: body).status == 202)
                let pending = try await second.call("GET", "/schedule/c/s\(round)", headers: Self.prefer)
                #expect(pending.status == 200)
                #expect(pending.text.contains("\"status\":\"PENDING\""), "\(pending.text)")
                let cancel = Self.cancel("s\(round)", ordering: "o\(round)")
                #expect(try await second.call("DELETE", "/schedule", body: cancel).status == 202)
                let cancelled = try await first.call("GET", "/schedule/c/s\(round)", headers: Self.prefer)
                #expect(cancelled.text.contains("\"status\":\"CANCELLED\""), "\(cancelled.text)")
            }
            #expect(try await second.call("GET", "/schedule/c/never").status == 404)
        }
    }

    @Test func `without an owner nothing is said for certain`() async throws {
        try await LivePod.with(runsPod: false) { pod in
            let body = LivePod.create("w", at: LivePod.later(600_000))
            #expect(try await pod.call("POST", "/schedule", body: body).status == 202)
            let unknown = try await pod.call("GET", "/schedule/c/other")
            #expect(unknown.status == 202)
            #expect(unknown.text == "{\"clientId\":\"c\",\"scheduleKey\":\"other\"}")
            #expect(unknown.header("Retry-After") == "1")
            let cancel = try await pod.call("DELETE", "/schedule/c/other")
            #expect(cancel.status == 202)
        }
    }

    @Test func `a repeat of a request that was carried out is told its status`() async throws {
        try await LivePod.with { pod in
            for (key, time) in [("zero", 0), ("due", LivePod.later(-5_000))] {
                let body = LivePod.create(key, at: time)
                #expect(try await pod.call("POST", "/schedule", body: body, headers: Self.prefer).status == 201)
                let started = ContinuousClock.now
                let repeated = try await pod.call("POST", "/schedule", body: body, headers: Self.prefer)
                #expect(repeated.status == 200)
                #expect(repeated.text.contains("\"status\":\"EXECUTED\""), "\(repeated.text)")
                #expect(.now - started < .seconds(10))
            }
        }
    }

    // MARK: Ordering keys

    @Test func `another ordering key than the pending schedule's is refused, and changes nothing`() async throws {
        try await LivePod.with { pod in
            for number in 0..<8 {
                let key = "k\(number)"
                let body = LivePod.create(key, at: LivePod.later(600_000), ordering: "cust-1")
                #expect(try await pod.call("POST", "/schedule", body: body, headers: Self.prefer).status == 201)
                for headers in [[], Self.prefer] {
                    let other = Self.cancel(key, ordering: "cust-\(number + 2)")
                    let refused = try await pod.call("DELETE", "/schedule", body: other, headers: headers)
                    #expect(refused.status == 409, "\(refused.text)")
                    #expect(refused.text.contains("other-ordering-key"))
                    #expect(refused.text.contains("\"field\":\"orderingKey\""))
                    let moved = LivePod.create(key, at: LivePod.later(700_000), ordering: "cust-\(number + 2)")
                    #expect(try await pod.call("POST", "/schedule", body: moved, headers: headers).status == 409)
                }
                let status = try await pod.call("GET", "/schedule/c/\(key)")
                #expect(status.text.contains("\"status\":\"PENDING\""))
                let right = Self.cancel(key, ordering: "cust-1")
                #expect(try await pod.call("DELETE", "/schedule", body: right, headers: Self.prefer).status == 200)
            }
        }
    }

    @Test func `a repeat of what was carried out is told if it names another ordering key`() async throws {
        try await LivePod.with { pod in
            let time = LivePod.later(-5_000)
            func create(_ ordering: String) async throws -> HTTPResponse {
                let body = LivePod.create("r", at: time, ordering: ordering)
                return try await pod.call("POST", "/schedule", body: body, headers: Self.prefer)
            }
            #expect(try await create("cust-1").status == 201)
            // Over all partitions.
            for number in 2..<12 {
                let refused = try await create("cust-\(number)")
                #expect(refused.status == 409 && refused.text.contains("other-ordering-key"), "\(refused.text)")
            }
            let same = LivePod.create("r", at: time)
            for body in [LivePod.create("r", at: time, ordering: "cust-1"), same] {
                let repeated = try await pod.call("POST", "/schedule", body: body, headers: Self.prefer)
                #expect(repeated.status == 200 && repeated.text.contains("EXECUTED"), "\(repeated.text)")
            }
        }
    }

    @Test(arguments: [true, false])
    func `a request without an ordering key goes to where the pending schedule is`(waits: Bool) async throws {
        try await LivePod.with { pod in
            let headers = waits ? Self.prefer : []
            let first = LivePod.create("r", at: LivePod.later(600_000), ordering: "cust-1")
            let created = try await pod.call("POST", "/schedule", body: first, headers: headers)
            let time = LivePod.later(500_000)
            let again = LivePod.create("r", at: time)
            let replaced = try await pod.call("POST", "/schedule", body: again, headers: headers)
            #expect(replaced.number("partition") == created.number("partition"))
            let status = try await pod.call("GET", "/schedule/c/r", headers: Self.prefer)
            #expect(status.number("scheduleTime") == time)
            #expect(status.text.contains("\"orderingKey\":\"cust-1\""), "\(status.text)")
            let cancelled = try await pod.call("DELETE", "/schedule/c/r", headers: Self.prefer)
            #expect(cancelled.status == 200)
        }
    }

    /// Lines of one stream, and a replace that comes before the owner has seen the create.
    @Test func `lines of one key go one after the other to one partition`() async throws {
        try await LivePod.with { pod in
            let lines = [
                LivePod.create("l", at: LivePod.later(600_000), ordering: "cust-1"),
                LivePod.create("l", at: LivePod.later(700_000)),
                "{\"action\":\"cancel\",\"clientId\":\"c\",\"scheduleKey\":\"l\"}",
            ]
            let type = [HTTPHeader("Content-Type", "application/x-ndjson")]
            let body = lines.joined(separator: "\n")
            let answer = try await pod.call("POST", "/schedule", body: body, headers: type)
            let answers = answer.text.split(separator: "\n").map(String.init)
            #expect(answers.count == 3)
            let partitions = answers.map { answer -> Substring? in
                answer.firstRange(of: "\"partition\":").map { answer[$0.upperBound...].prefix { $0.isNumber } }
            }
            #expect(Set(partitions).count == 1, "\(answer.text)")
            let status = try await pod.call("GET", "/schedule/c/l", headers: Self.prefer)
            #expect(status.text.contains("\"status\":\"CANCELLED\""), "\(status.text)")
        }
    }
}
