import Kafka
import KafkaFaults
import Scheduling
import Testing

@testable import ClockworkService

/// What brokers say for a while, and what a topic channel makes of it.
@Suite(.serialized, .timeLimit(.minutes(2))) struct BrokersWordTests {
    private func rig(_ topics: [String: Int] = ["orders": 4], _ more: KafkaProperties = [:]) throws -> ChannelRig {
        var topics = topics
        topics[ChannelRig.letters] = 1
        return try ChannelRig(LocalKafka(brokers: 1, topics: topics), more)
    }

    @Test func `a topic that metadata does not show for a while loses no delivery`() async throws {
        let rig = try rig()
        rig.send(0..<1, to: "orders")
        try await rig.turn { rig.delivered.count == 1 }
        rig.kafka.setTopicError("orders", code: 3)
        rig.kafka.failNext(.produce, codes: [6])
        for start in stride(from: 1 as UInt32, to: 201, by: 20) {
            rig.send(start..<start + 20, to: "orders")
            try await rig.turn(for: .milliseconds(150))
        }
        rig.kafka.setTopicError("orders", code: 0)
        try await rig.turn { rig.delivered.count + rig.failed.count == 201 }
        #expect(rig.failed.isEmpty)
        #expect(rig.delivered.count == 201)
    }

    @Test(arguments: [29 as Int32, 32, 17, 2])
    func `a refusal that passes loses no delivery`(code: Int32) async throws {
        let rig = try rig()
        rig.send(0..<1, to: "orders")
        try await rig.turn { rig.delivered.count == 1 }
        rig.kafka.failNext(.produce, codes: [code, code, code])
        rig.send(1..<101, to: "orders")
        try await rig.turn { rig.delivered.count + rig.failed.count == 101 }
        #expect(rig.failed.isEmpty)
        #expect(rig.delivered.count == 101)
    }

    @Test(arguments: [87 as Int32, 10])
    func `one record that its topic refuses takes no other of its batch with it`(code: Int32) async throws {
        let rig = try rig(["orders": 1])
        rig.send(0..<1, to: "orders")
        try await rig.turn { rig.delivered.count == 1 }
        rig.kafka.failNext(.produce, codes: [code] + Array(repeating: 0, count: 41) + [code])
        rig.send(1..<101, to: "orders")
        try await rig.turn { rig.delivered.count + rig.failed.count == 101 }
        #expect(rig.failed.count == 1)
        #expect(rig.failed.values.first?.code == .deliveryRejected)
        #expect(rig.delivered.count == 100)
    }

    @Test func `a dead letter without a key is written where the topic takes none without, and its neighbour as it is`()
        async throws
    {
        let rig = try rig()
        rig.kafka.failNext(.produce, codes: [87, 87])
        rig.sendLetter(5, key: nil)
        rig.sendLetter(6, key: [9])
        try await rig.turn { rig.lettered.count == 2 }
        let keys = try rig.letters().map(\.key)
        #expect(Set(keys) == [Array("intake/0/5".utf8), [9]])
        #expect(rig.obstacles == [])
    }

    @Test func `a dead letter is whole, whatever its size, where its topic takes it`() async throws {
        let rig = try rig()
        rig.sendLetter(1, key: [1], value: Array(repeating: 7, count: 2_000_000))
        try await rig.turn { rig.lettered.count == 1 }
        #expect(try rig.letters().map { $0.value?.count } == [2_000_000])
    }

    @Test func `brokers that refuse the producer are asked ever less often, and are told of once`() async throws {
        let kafka = try LocalKafka(brokers: 1, topics: ["orders": 4, ChannelRig.letters: 1])
        // Before there is a producer, which asks at once.
        kafka.failNext(.initProducerID, codes: Array(repeating: 31, count: 1_000))
        let rig = try ChannelRig(kafka)
        rig.send(0..<10, to: "orders")
        try await rig.turn(for: .seconds(4))
        #expect(rig.delivered.isEmpty)
        #expect(rig.obstacles.count == 1)
        #expect(rig.obstacles.first?.contains("CLUSTER_AUTHORIZATION_FAILED") == true, "\(rig.obstacles)")
        let lines = rig.log.lines
        #expect(lines.count { $0 == "Kafka producer is replaced" } == 1)
        #expect(lines.count < 30, "\(lines)")
        rig.kafka.clearFailures(of: .initProducerID)
        try await rig.turn { rig.delivered.count == 10 }
        #expect(rig.failed.isEmpty)
        #expect(rig.obstacles == [])
        #expect(rig.log.lines.count { $0 == "records are written again" } == 1)
    }
}
