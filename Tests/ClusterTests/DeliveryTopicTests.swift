import Foundation
import Kafka
import Testing

extension LocalCluster {
    /// Delivery topics that change while schedules for them are pending, and rules that do.
    @Suite(.timeLimit(.minutes(5)), .enabled(if: TestCluster.realBrokers == nil))
    struct DeliveryTopicTests {
        private static func requests(_ name: String, topic: String, due time: Int64) -> [TestRecord] {
            (0..<40).map { TestRequest("\(name)-\($0)", topic: topic, time: time, payload: "x").record }
        }

        private static func count(_ cluster: TestCluster, _ topic: String) throws -> Int {
            let reader = try KafkaReader(
                topic: topic,
                from: .beginning,
                properties: ["bootstrap.servers": cluster.brokers, "fetch.wait.max.ms": "10"],
                logger: quietLogger
            )
            var count = 0
            while !reader.isAtEnd { count += try reader.poll(timeout: .milliseconds(100)) { _ in } }
            return count
        }

        @Test
        func `a topic that comes back with fewer partitions gets every delivery that falls due for it`() async throws {
            try await TestCluster.with(.sqlite, isRecreatable: true) { cluster in
                let kafka = try #require(cluster.recreatable)
                try cluster.local?.createTopic("moved", partitions: 8)
                let pod = try cluster.startPod("pod")
                try await cluster.waitForOwners([pod])
                _ = try await cluster.source.send(Self.requests("early", topic: "moved", due: nowMilliseconds()))
                try await wait("the first deliveries") { try Self.count(cluster, "moved") == 40 }

                try kafka.deleteTopic("moved")
                try kafka.createTopic("moved", partitions: 2)
                _ = try await cluster.source.send(Self.requests("late", topic: "moved", due: nowMilliseconds() + 500))
                try await wait("all deliveries") {
                    try Self.count(cluster, "moved") == 40 || !cluster.deadLetters.records().isEmpty
                }
                #expect(try Self.count(cluster, "moved") == 40)
                try await cluster.waitUntilSettled()
                #expect(try cluster.deadLetters.records().isEmpty)
            }
        }

        @Test(
            arguments: [["DELIVERY_TOPIC_ALLOW": "payments"], ["DEAD_LETTER_KAFKA_TOPIC": "orders"]]
        )
        func `a schedule for a topic no longer allowed is not delivered`(change: [String: String]) async throws {
            try await TestCluster.with(.sqlite) { cluster in
                let before = try cluster.startPod("pod")
                try await cluster.waitForOwners([before])
                let requests = Self.requests("pending", topic: "orders", due: nowMilliseconds() + 12_000)
                _ = try await cluster.source.send(requests)
                try await cluster.waitUntilSettled()
                before.process.send(SIGTERM)
                _ = try await before.process.waitForExit()

                let after = try cluster.startPod("pod", change)
                try await cluster.waitForOwners([after])
                let log = change["DEAD_LETTER_KAFKA_TOPIC"] == nil ? cluster.deadLetters : cluster.deliveries
                try await wait("dead letters or deliveries") {
                    try cluster.deadLetters.records().count + cluster.deliveries.records().count >= requests.count
                }
                let letters = try log.records()
                #expect(letters.count == requests.count)
                for letter in letters {
                    #expect(letter.header("clockwork-error") == "topic-not-allowed")
                    #expect(letter.header("clockwork-delivery-topic") == "orders")
                }
            }
        }

        @Test
        func `a delivery's dead letter can be sent again as it is, and arrives once its topic is there`() async throws {
            try await TestCluster.with(.sqlite) { cluster in
                let pod = try cluster.startPod("pod")
                try await cluster.waitForOwners([pod])
                let request = TestRequest("k", topic: "later", time: nowMilliseconds(), payload: "x")
                _ = try await cluster.source.send([request.record])
                let first = try #require(try await cluster.allDeadLetters(1).first)
                _ = try await cluster.source.send([first.record])
                let second = try await cluster.allDeadLetters(2)[1]
                #expect(second.header("clockwork-error") == "unknown-topic")
                #expect(second.record.headers.count == first.record.headers.count)
                try cluster.local?.createTopic("later", partitions: 1)
                _ = try await cluster.source.send([second.record])
                try await wait("the delivery") { try Self.count(cluster, "later") == 1 }
            }
        }
    }
}
