import Kafka
import KafkaFaults
import Testing

extension LocalCluster {
    @Suite(.timeLimit(.minutes(5)), .enabled(if: TestCluster.realBrokers == nil))
    struct TopicTests {
        private static func requests(_ name: String, _ count: Int, _ topic: String, from start: Int64) -> [TestRequest]
        {
            (0..<count).map { number in
                TestRequest("\(name)-\(number)", topic: topic, time: start + Int64(number) * 5, payload: name)
            }
        }

        @Test func `topics that are missing, refuse, are slow or take nothing keep no other waiting`() async throws {
            let topics = ["orders": 3, "payments": 2, "slow": 1, "refusing": 1, "stuck": 1]
            try await TestCluster.with(.sqlite, topics: topics, reader: .independent) { cluster in
                let kafka = try #require(cluster.local)
                // The healthy ones, the intake and the group are at the first broker.
                for (topic, partitions) in cluster.allTopics {
                    for partition in 0..<Int32(partitions) {
                        let broker: Int32? = ["slow": 2, "refusing": 3][topic] ?? 1
                        try kafka.setLeader(ofTopic: topic, partition: partition, broker: broker)
                    }
                }
                try kafka.setCoordinator(ofGroup: cluster.group, broker: 1)
                // So small a queue that what waits for the stuck topic alone would fill it.
                let pod = try cluster.startPod("pod", ["KAFKA_PROPERTY_QUEUE_BUFFERING_MAX_MESSAGES": "400"])
                try await cluster.waitForOwners([pod])

                var verifier = Verifier(intake: cluster.intake)
                let first = nowMilliseconds() + 500
                for topic in ["orders", "payments", "slow", "refusing", "stuck"] {
                    try await cluster.source.send(Self.requests("first-\(topic)", 3, topic, from: first), &verifier)
                }
                _ = try await cluster.allDeliveries(verifier)

                try kafka.setLeader(ofTopic: "stuck", partition: 0, broker: nil)
                try kafka.setRoundTrip(.seconds(1), broker: 2)
                // 44: the record violates a policy of the broker.
                try kafka.failNext(.produce, codes: Array(repeating: 44, count: 200), broker: 3)
                let start = nowMilliseconds() + 1_500
                let refused = Self.requests("refused", 20, "refusing", from: start)
                let lost = Self.requests("lost", 20, "missing", from: start)
                try await cluster.source.send(Self.requests("stuck", 600, "stuck", from: start), &verifier)
                let stuck = verifier.expectedIDs
                _ = try await cluster.source.send((refused + lost).map(\.record))
                try await cluster.source.send(Self.requests("slow", 100, "slow", from: start), &verifier)
                try await cluster.source.send(Self.requests("healthy-1", 200, "orders", from: start), &verifier)
                try await cluster.source.send(Self.requests("healthy-2", 200, "payments", from: start), &verifier)

                // All others arrive while the stuck topic takes nothing.
                try await wait("what does not go to the stuck topic") {
                    let records = try cluster.deliveries.records()
                    return verifier.expectedIDs.subtracting(stuck)
                        .subtracting(records.compactMap { $0.header("clockwork-id") }).isEmpty
                }
                let letters = try await cluster.allDeadLetters(refused.count + lost.count)
                let codes = letters.reduce(into: [:]) { $0[$1.header("clockwork-error") ?? "", default: 0] += 1 }
                #expect(codes == ["delivery-rejected": refused.count, "unknown-topic": lost.count])
                #expect(try cluster.deliveries.records().count { $0.topic == "stuck" } == 3)

                try kafka.setLeader(ofTopic: "stuck", partition: 0, broker: 1)
                try kafka.setRoundTrip(.zero, broker: 2)
                let findings = verifier.findings(try await cluster.allDeliveries(verifier))
                let late = findings.firsts.map { $0.deliveredAt - $0.due }
                print("badTopics: \(findings); of the healthy topics the latest by \(late.sorted()[300]) ms (median)")
                try #require(findings.isSound && findings.repeats.isEmpty, "\(findings)")
                #expect(pod.process.exit == nil)
            }
        }
    }
}
