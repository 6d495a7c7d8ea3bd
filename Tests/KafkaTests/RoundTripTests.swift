import Kafka
import Testing

@Suite struct RoundTripTests {
    @Test func `keys, values and headers come back byte for byte`() async throws {
        let cluster = try LocalKafka(topics: ["t": 1])
        let producer = try TestProducer(cluster)
        let binary = (0...255).map { UInt8($0) }
        let headers: [CopiedRecord.Header] = [
            .init("a", "1"), .init("a", "2"), .init("null", nil), .init("empty", ""),
            .init(Array("binary".utf8), binary), .init([0xFF, 0xFE], [0]), .init("a", "1"),
        ]
        try producer.produce("t", key: binary, value: binary, headers: headers, timestamp: 1_234_567_890_123)
        try producer.produce("t", key: nil, value: nil)
        try producer.produce("t", key: [], value: [])
        try producer.produce("t", key: [1], value: nil, headers: [.init("only", nil)])
        try await producer.settle(4)

        let records = try readAll(cluster, "t")
        #expect(records.map(\.offset) == [0, 1, 2, 3])
        #expect(records[0].key == binary && records[0].value == binary)
        #expect(records[0].headers == headers)
        #expect(records[0].timestamp == 1_234_567_890_123)
        #expect(records[1].key == nil && records[1].value == nil && records[1].headers.isEmpty)
        #expect(records[2].key == [] && records[2].value == [])
        #expect(records[3].value == nil && records[3].headers == [.init("only", nil)])
        #expect(producer.reports.values.allSatisfy { $0.error == nil && $0.partition == 0 })
        #expect(producer.reports[1]?.offset == 0 && producer.reports[4]?.offset == 3)
        #expect(producer.producer.outstanding == 0)
    }

    @Test func `a key goes to the partition that Java clients choose`() async throws {
        let cluster = try LocalKafka(topics: ["t": 7])
        let producer = try TestProducer(cluster)
        // Hashes as published with Kafka's own tests of its Utils.murmur2.
        #expect(murmur2(Array("21".utf8)) == -973_932_308)
        #expect(murmur2(Array("foobar".utf8)) == -790_332_482)
        #expect(murmur2(Array("a-little-bit-long-string".utf8)) == -985_981_536)
        let keys = ["21", "foobar", "a-little-bit-long-string", "", "é", "order-17"].map { Array($0.utf8) }
        let tokens = try keys.map { try producer.produce("t", key: $0, value: [1]) }
        try await producer.settle(keys.count)
        for (key, token) in zip(keys, tokens) {
            #expect(producer.reports[token]?.partition == (murmur2(key) & 0x7FFF_FFFF) % 7)
        }
    }

    @Test func `a reader from the end sees every record produced after it was made`() async throws {
        let cluster = try LocalKafka(topics: ["t": 3])
        let producer = try TestProducer(cluster)
        for index in 0..<30 { try producer.produce("t", partition: Int32(index % 3), value: [0]) }
        try await producer.settle(30)
        let reader = try KafkaReader(
            topic: "t",
            from: .end,
            properties: readerProperties(cluster),
            logger: quietLogger
        )
        for index in 0..<3 { try producer.produce("t", partition: Int32(index), value: [UInt8(index + 1)]) }
        try await producer.settle(33)
        var values: [UInt8] = []
        while values.count < 3 {
            try reader.poll(timeout: .seconds(5)) { values.append($0.value?.first ?? 0) }
        }
        #expect(values.sorted() == [1, 2, 3])
    }

    @Test func `a reader starts at the given offsets, and reads no other partition`() async throws {
        let cluster = try LocalKafka(topics: ["t": 2])
        let producer = try TestProducer(cluster)
        for index in 0..<20 { try producer.produce("t", partition: Int32(index % 2), value: [UInt8(index)]) }
        try await producer.settle(20)
        let records = try readAll(cluster, "t", from: .offsets([1: 7]))
        #expect(records.map(\.offset) == [7, 8, 9] && records.allSatisfy { $0.partition == 1 })
    }

    @Test func `a reader of an unknown topic gets an error that says so`() throws {
        let cluster = try LocalKafka(topics: ["t": 1])
        let error = #expect(throws: KafkaError.self) {
            try KafkaReader(
                topic: "other",
                from: .beginning,
                properties: readerProperties(cluster),
                logger: quietLogger
            )
        }
        #expect(error?.isUnknownTopic == true)
    }
}

func readerProperties(_ cluster: LocalKafka) -> KafkaProperties {
    ["bootstrap.servers": cluster.bootstrapServers, "fetch.wait.max.ms": "20"]
}

/// Every record of a topic, by partition and offset.
func readAll(
    _ cluster: LocalKafka,
    _ topic: String,
    from start: KafkaReader.Start = .beginning
) throws -> [CopiedRecord] {
    let reader = try KafkaReader(
        topic: topic,
        from: start,
        properties: readerProperties(cluster),
        logger: quietLogger
    )
    var records: [CopiedRecord] = []
    let deadline = ContinuousClock.now + patience
    while !reader.isAtEnd {
        guard ContinuousClock.now < deadline else { throw Impatient(description: "the end of \(topic)") }
        try reader.poll(timeout: .milliseconds(200)) { records.append(CopiedRecord($0)) }
    }
    return records.sorted { ($0.partition, $0.offset) < ($1.partition, $1.offset) }
}

/// The hash of Kafka's Java client, written from its description: MurmurHash2 with seed 0x9747b28c.
private func murmur2(_ bytes: [UInt8]) -> Int32 {
    let m: UInt32 = 0x5bd1_e995
    var hash: UInt32 = 0x9747_b28c ^ UInt32(bytes.count)
    var index = 0
    while index + 4 <= bytes.count {
        var k =
            UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2]) << 16
            | UInt32(bytes[index + 3]) << 24
        k &*= m
        k ^= k >> 24
        k &*= m
        hash = (hash &* m) ^ k
        index += 4
    }
    let rest = bytes[index...]
    if !rest.isEmpty {
        for (shift, byte) in rest.enumerated() { hash ^= UInt32(byte) << (8 * UInt32(shift)) }
        hash &*= m
    }
    hash ^= hash >> 13
    hash &*= m
    hash ^= hash >> 15
    return Int32(bitPattern: hash)
}
