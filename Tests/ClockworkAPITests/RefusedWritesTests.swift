import HTTPTransport
import Kafka
import KafkaFaults
import ScheduleStores
import Testing

@testable import ClockworkAPI

/// What the API says and does where the brokers refuse what it writes.
@Suite(.serialized, .timeLimit(.minutes(2))) struct RefusedWritesTests {
    @Test func `brokers that refuse the producer are named in the answer and by readiness`() async throws {
        let kafka = try LocalKafka(
            brokers: 1,
            topics: [LivePod.intake: 4, LivePod.deadLetters: 1, LivePod.topic: 2]
        )
        kafka.failNext(.initProducerID, codes: Array(repeating: 31, count: 1_000))
        let open = try await StoreKind.sqlite.open(logger: LivePod.logger)
        defer { open.close() }
        try await LivePod.with(kafka, FaultyStore(open.store)) { pod in
            let body = LivePod.create("k", at: LivePod.later(60_000))
            var answer = try await pod.call("POST", "/schedule", body: body)
            #expect(answer.status == 503)
            #expect(answer.text.contains("CLUSTER_AUTHORIZATION_FAILED"), "\(answer.text)")
            #expect(answer.header("Retry-After") != nil)
            func isNamed(_ text: String) -> Bool {
                ["requests", "deliveries"].allSatisfy {
                    text.contains("The brokers refuse the producer of \($0): CLUSTER_AUTHORIZATION_FAILED")
                }
            }
            var ready = try await pod.call("GET", "/health/ready")
            while !isNamed(ready.text) {
                try await Task.sleep(for: .milliseconds(50))
                ready = try await pod.call("GET", "/health/ready")
            }
            #expect(ready.status == 503)
            kafka.clearFailures(of: .initProducerID)
            // Another one is made after a pause.
            while answer.status == 503 {
                try await Task.sleep(for: .milliseconds(50))
                answer = try await pod.call("POST", "/schedule", body: body)
            }
            #expect(answer.status == 202)
            while ready.status == 503 {
                try await Task.sleep(for: .milliseconds(50))
                ready = try await pod.call("GET", "/health/ready")
            }
        }
    }

    @Test(arguments: [10 as Int32, 87])
    func `a request that was refused in company is written by itself`(code: Int32) async throws {
        try await LivePod.with(runsPod: false) { pod in
            pod.kafka.failNext(.produce, codes: [code])
            let answer = try await pod.call("POST", "/schedule", body: LivePod.create("k", at: LivePod.later(60_000)))
            #expect(answer.status == 202, "\(answer.text)")
            pod.kafka.failNext(.produce, codes: [code, code])
            let refused = try await pod.call("POST", "/schedule", body: LivePod.create("k", at: LivePod.later(60_000)))
            #expect(refused.status == (code == 10 ? 413 : 503), "\(refused.text)")
        }
    }

    @Test func `a body may have one mebibyte, to the byte`() async throws {
        try await LivePod.with(runsPod: false) { pod in
            func body(_ bytes: Int) -> String {
                let request = LivePod.create("k", at: LivePod.later(60_000))
                return request + String(repeating: " ", count: bytes - request.utf8.count)
            }
            let answer = try await pod.call("POST", "/schedule", body: body(1 << 20))
            #expect(answer.status == 202, "\(answer.text)")
            #expect(try await pod.call("POST", "/schedule", body: body(1 << 20 + 1)).status == 413)
        }
    }

    @Test func `each meaning of an error has its answer`() {
        for row in KafkaErrorMeaning.table {
            let error = KafkaError(code: row.code)
            let failure = IntakeProducer.failure(error)
            switch row.meaning {
            case _ where error.isQueueFull: #expect(failure == .overloaded)
            case .tooLarge: #expect(failure == .tooLarge)
            case .unknownTopic, .recordRefused, .topicRefuses: #expect(failure == .refused)
            case .clientRefused, .fatal: #expect(failure == .producerRefused("\(error)"))
            case .transient, .rebalance, .offsetGone, .other: #expect(failure == .unreachable)
            }
        }
    }
}
