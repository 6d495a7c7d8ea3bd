import KafkaFaults
import Testing

@testable import Kafka

@Suite struct ConnectingTests {
    /// How many brokers the producer says it is connected to, as of its next statistics.
    private func connected(_ producer: KafkaProducer) async throws -> Int64 {
        var count: Int64?
        try await wait("statistics") {
            producer.pollReports({ _ in }, onStatistics: { count = $0.connectedBrokers })
        } until: {
            count != nil
        }
        return count ?? 0
    }

    @Test func `the leaders of a topic are connected to before the first record`() async throws {
        let cluster = try LocalKafka(brokers: 3, topics: ["t": 3])
        for partition in 0..<Int32(3) {
            try cluster.setLeader(ofTopic: "t", partition: partition, broker: partition + 1)
        }
        let producer = try KafkaProducer(
            properties: [
                // Of three brokers one is named, so the others are connected for a reason.
                "bootstrap.servers": String(cluster.bootstrapServers.split(separator: ",")[0]),
                "statistics.interval.ms": "50",
            ],
            logger: quietLogger
        )
        #expect(try await producer.partitionCount(of: "t") == 3)
        producer.connect(to: ["t", "nobody-has-made-this"], timeout: .seconds(10))
        var count: Int64 = 0
        while count < 3 { count = try await connected(producer) }
        #expect(producer.outstanding == 0)
        // None came into being by that.
        #expect(try await producer.partitionCount(of: "nobody-has-made-this") == nil)
    }

    @Test func `closed connections are made again`() async throws {
        let cluster = try LocalKafka(brokers: 2, topics: ["t": 2])
        for partition in 0..<Int32(2) {
            try cluster.setLeader(ofTopic: "t", partition: partition, broker: partition + 1)
        }
        let producer = try KafkaProducer(
            properties: [
                "bootstrap.servers": cluster.bootstrapServers, "statistics.interval.ms": "50",
                "connections.max.idle.ms": "1000",
            ],
            logger: quietLogger
        )
        _ = try await producer.partitionCount(of: "t")
        producer.connect(to: ["t"], timeout: .seconds(10))
        while try await connected(producer) < 2 {}
        // Idle, they are closed.
        while try await connected(producer) > 0 {}
        producer.connect(to: ["t"], timeout: .seconds(10))
        while try await connected(producer) < 2 {}
    }

    @Test func `every client keeps its connections alive through middleboxes`() async throws {
        let cluster = try LocalKafka(topics: ["t": 1])
        let properties: KafkaProperties = ["bootstrap.servers": cluster.bootstrapServers]
        let producer = try KafkaProducer(properties: properties, logger: quietLogger)
        let consumer = try KafkaConsumer(topic: "t", group: "g", properties: properties, logger: quietLogger)
        defer { consumer.close() }
        for client in [producer.client, consumer.client] {
            #expect(client.integer("socket.timeout.ms") == 10_000)
            #expect(client.integer("topic.metadata.refresh.interval.ms") == 30_000)
        }
        #expect(producer.client.integer("connections.max.idle.ms") == 25_000)
        // A join may wait for longer.
        #expect(consumer.client.integer("connections.max.idle.ms") == 0)

        var others = properties
        others.set("socket.timeout.ms", to: "20000")
        #expect(
            try KafkaProducer(properties: others, logger: quietLogger).client.integer("socket.timeout.ms") == 20_000
        )
    }

    @Test func `librdkafka before 2.3 is known to repeat`() {
        #expect(KafkaLibrary.fault(ofVersion: 0x0200_02ff)?.contains("out of order sequence number") == true)
        #expect(KafkaLibrary.fault(ofVersion: 0x0202_00ff) != nil)
        #expect(KafkaLibrary.fault(ofVersion: 0x0203_00ff) == nil)
        #expect(KafkaLibrary.fault(ofVersion: 0x0210_00ff) == nil)
        #expect(KafkaLibrary.version.split(separator: ".").count >= 3)
    }
}
