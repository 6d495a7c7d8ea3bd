import Testing

@testable import Kafka

@Suite struct StatisticsTests {
    private static let json = #"""
        { "name": "rdkafka#producer-1", "client_id":"a \"b\" }", "type":"producer", "ts":5, "replyq":0, "msg_cnt":22710 ,
          "brokers": { "k1:9092/2": { "name":"k1:9092/2", "state":"UP", "req_timeouts":2, "txerrs":3, "rxerrs":4,
            "rtt": { "min":1580, "max":3389, "avg":2349, "sum":79868 }, "req": { "Fetch":1 },
            "toppars":{ "t-0": { "topic":"t", "partition":0 } } },
          "k2:9092/3": { "state":"DOWN", "txerrs":10, "rtt": { "avg":7 } },
          "k3:9092/4": { "state":"UP", "rtt": { "avg":9001 } } },
          "topics":{ "t": { "topic":"t", "partitions":{ "0": { "msg_cnt": 99, "tx_bytes": [1, {"x": "}"}] } } } },
          "tx":6, "tx_bytes":84283332, "rx":5, "rx_bytes":-1, "eos": { } }
        """#

    private func read(_ text: some StringProtocol) -> KafkaStatistics {
        var text = String(text)
        return text.withUTF8 { KafkaStatistics(json: UnsafeRawBufferPointer($0)) }
    }

    @Test func `the values of interest are found at their level, whatever surrounds them`() {
        var expected = KafkaStatistics()
        expected.queuedRecords = 22_710
        expected.sentBytes = 84_283_332
        expected.receivedBytes = -1
        expected.connectedBrokers = 2
        expected.failedRequests = 19
        expected.roundTripMicroseconds = 9_001
        #expect(read(Self.json) == expected)
    }

    @Test func `text that breaks off, or is none of it, does no harm`() {
        for length in 0..<Self.json.count { _ = read(Self.json.prefix(length)) }
        for text in [
            "", "{", "[]", "nothing", "{\"msg_cnt\":{}}", "{\"msg_cnt\":]", "{\"brokers\":3,\"msg_cnt\":", "\"\\",
        ] {
            #expect(read(text) == KafkaStatistics(), "\(text)")
        }
    }

    @Test func `a consumer and a producer tell their statistics`() async throws {
        let cluster = try LocalKafka(topics: ["t": 2])
        let properties: KafkaProperties = [
            "bootstrap.servers": cluster.bootstrapServers, "statistics.interval.ms": "50",
        ]
        let producer = try KafkaProducer(properties: properties, logger: quietLogger)
        let consumer = try KafkaConsumer(topic: "t", group: "g", properties: properties, logger: quietLogger)
        defer { consumer.close() }
        var told: [KafkaStatistics] = []
        try await wait(
            "the consumer's statistics",
            step: {
                _ = consumer.poll(maxRecords: 10, onRecord: { _ in }) { event in
                    if case .statistics(let statistics) = event { told.append(statistics) }
                }
            },
            until: { told.contains { $0.connectedBrokers > 0 && $0.receivedBytes > 0 } }
        )
        told = []
        let topic = try producer.topic("t")
        let value: [UInt8] = [1]
        let error = value.withUnsafeBytes { producer.produce(to: topic, key: nil, value: $0, token: 1) }
        #expect(error == nil)
        try await wait(
            "the producer's statistics",
            step: { producer.pollReports({ _ in }, onStatistics: { told.append($0) }) },
            until: { told.contains { $0.connectedBrokers > 0 && $0.sentBytes > 0 && $0.roundTripMicroseconds > 0 } }
        )
    }
}
