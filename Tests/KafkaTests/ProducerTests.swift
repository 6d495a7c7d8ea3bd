import Kafka
import KafkaFaults
import Testing

@Suite struct ProducerTests {
    @Test func `a record for a topic that is gone is reported as unknown topic`() async throws {
        let cluster = try LocalKafka(topics: ["gone": 1])
        cluster.setTopicError("gone", code: 3)
        let producer = try TestProducer(cluster, ["topic.metadata.propagation.max.ms": "500"])
        let token = try producer.produce("gone", value: [1])
        try await producer.settle(1)
        let error = try #require(producer.reports[token]?.error)
        #expect(error.meaning == .unknownTopic)
    }

    @Test func `a record for a partition that is not there is an unknown topic too`() async throws {
        let cluster = try LocalKafka(topics: ["t": 1])
        let producer = try TestProducer(cluster)
        let token = try producer.produce("t", partition: 9, value: [1])
        try await producer.settle(1)
        #expect(producer.reports[token]?.error?.isUnknownTopic == true)
    }

    @Test func `a record that the broker finds too large is reported as rejected`() async throws {
        let cluster = try LocalKafka(topics: ["t": 1])
        cluster.failNext(.produce, codes: [10])
        let producer = try TestProducer(cluster)
        let refused = try producer.produce("t", value: Array("for the addressee only".utf8))
        try await producer.settle(1)
        let error = try #require(producer.reports[refused]?.error)
        #expect(!error.description.contains("addressee"), "an error shows no payload")
        #expect(error.meaning == .tooLarge)
        let next = try producer.produce("t", value: [2])
        try await producer.settle(2)
        #expect(producer.reports[next]?.error == nil && producer.producer.fatalError == nil)
    }

    @Test func `a record larger than the producer allows is refused at once, without a report`() throws {
        let cluster = try LocalKafka(topics: ["t": 1])
        let producer = try TestProducer(cluster, ["message.max.bytes": "2000"])
        let error = #expect(throws: KafkaError.self) {
            try producer.produce("t", value: Array(repeating: 0, count: 3000), headers: [.init("freed", "once")])
        }
        #expect(error?.meaning == .tooLarge && producer.producer.outstanding == 0)
    }

    @Test func `a full queue is reported, and takes records again after reports`() async throws {
        let cluster = try LocalKafka(topics: ["t": 1])
        try cluster.takeDown()
        let producer = try TestProducer(cluster, ["queue.buffering.max.messages": "10"])
        for index in 0..<10 { try producer.produce("t", value: [UInt8(index)]) }
        let error = #expect(throws: KafkaError.self) {
            try producer.produce("t", value: [10], headers: [.init("a", "b")])
        }
        #expect(error?.isQueueFull == true && error?.isRetriable == true)
        try cluster.bringUp()
        try await producer.settle(10)
        let token = try producer.produce("t", value: [10])
        try await producer.settle(11)
        #expect(producer.reports[token]?.error == nil)
        #expect(try readAll(cluster, "t").map(\.value) == (0...10).map { [UInt8($0)] })
    }

    @Test func `records survive an outage in order`() async throws {
        let cluster = try LocalKafka(topics: ["t": 1])
        // The mock brokers do not compare sequence numbers. With several requests under way they would take a later one
        // after they have refused an earlier one, from which librdkafka concludes that they have both.
        let properties: KafkaProperties = [
            "reconnect.backoff.max.ms": "200", "retry.backoff.ms": "50", "max.in.flight": "1",
        ]
        let producer = try TestProducer(cluster, properties)
        try producer.produce("t", value: [0])
        try await producer.settle(1)
        // Not the leader, a broken connection, too few replicas.
        cluster.failNext(.produce, codes: [6, -195, 19])
        for index in 1...50 {
            try producer.produce("t", value: [UInt8(index)])
            if index == 25 { try cluster.takeDown() }
        }
        producer.poll()
        try cluster.bringUp()
        try await producer.settle(51)
        #expect(producer.reports.values.allSatisfy { $0.error == nil })
        // For the same reason what was written before the connection broke may stand there twice.
        var values: [UInt8] = []
        for value in try readAll(cluster, "t").compactMap({ $0.value?.first }) where !values.contains(value) {
            values.append(value)
        }
        #expect(values == Array(0...50))
    }

    @Test func `purging reports every record as given up`() async throws {
        let cluster = try LocalKafka(topics: ["t": 1])
        try cluster.takeDown()
        let producer = try TestProducer(cluster)
        for index in 0..<5 { try producer.produce("t", value: [UInt8(index)]) }
        #expect(producer.producer.outstanding >= 5)
        producer.producer.purge()
        try await producer.settle(5)
        #expect(producer.reports.values.allSatisfy { $0.error?.isPurged == true })
    }

    @Test func `an illegal topic name is refused`() throws {
        let cluster = try LocalKafka()
        let producer = try TestProducer(cluster)
        for name in ["", ".", "..", "a b", "é", String(repeating: "a", count: 250), "a\0b"] {
            let error = #expect(throws: KafkaError.self) { try producer.producer.topic(name) }
            #expect(error?.meaning == .topicRefuses)
        }
        for name in ["a", "...", "A-b_c.9", String(repeating: "a", count: 249)] {
            #expect(try producer.producer.topic(name).name == name)
        }
        #expect(try producer.producer.topic("t") === producer.producer.topic("t"))
    }

    @Test func `asking for a topic never creates it`() async throws {
        let cluster = try LocalKafka(topics: ["t": 6])
        let producer = try TestProducer(cluster).producer
        for _ in 0..<2 {
            #expect(try await producer.partitionCount(of: "t") == 6)
            #expect(try await producer.partitionCount(of: "nobody-has-made-this") == nil)
        }
        try cluster.createTopic("nobody-has-made-this", partitions: 5)
        #expect(try await producer.partitionCount(of: "nobody-has-made-this") == 5)
        cluster.setTopicError("t", code: 5)
        let unsettled = await #expect(throws: KafkaError.self) { _ = try await producer.partitionCount(of: "t") }
        #expect(unsettled?.isRetriable == true, "a topic without leaders is not an unknown one")
        cluster.setTopicError("t", code: 3)
        #expect(try await producer.partitionCount(of: "t") == nil)
        try cluster.takeDown()
        await #expect(throws: KafkaError.self) {
            _ = try await producer.partitionCount(of: "t", timeout: .milliseconds(200))
        }
    }
}
