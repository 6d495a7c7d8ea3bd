import Kafka
import Logging
import Scheduling
import Testing

@testable import ClockworkService

@Suite struct RequestBatcherTests {
    private static func batcher() -> RequestBatcher {
        let policy = TopicPolicy(intakeTopic: "t", deadLetterTopic: "dead")
        var batcher = RequestBatcher(
            rules: RequestRules(maxPayloadBytes: 1_000, topicPolicy: policy, callbackPolicy: CallbackPolicy())
        )
        batcher.begin(0, generation: 2, at: 0)
        return batcher
    }

    /// A cluster whose topic holds these values in its partition 0.
    private static func cluster(_ values: [String]) async throws -> LocalKafka {
        let cluster = try LocalKafka(brokers: 1, topics: ["t": 1])
        let producer = try KafkaProducer(
            properties: ["bootstrap.servers": cluster.bootstrapServers],
            logger: Logger(label: "test")
        )
        let topic = try producer.topic("t")
        for value in values {
            let error = Array(value.utf8).withUnsafeBytes { value in
                producer.produce(
                    to: topic,
                    partition: 0,
                    key: nil,
                    value: value,
                    timestampMilliseconds: 1_000,
                    token: 0
                )
            }
            if let error { throw error }
        }
        var reports = 0
        while reports < values.count {
            producer.pollReports { _ in reports += 1 }
            await Task.yield()
        }
        return cluster
    }

    /// Hands the batcher the records from an offset to the end.
    private static func read(_ cluster: LocalKafka, from offset: Int64, into batcher: inout RequestBatcher) throws {
        let reader = try KafkaReader(
            topic: "t",
            from: .offsets([0: offset]),
            properties: ["bootstrap.servers": cluster.bootstrapServers],
            logger: Logger(label: "test")
        )
        while !reader.isAtEnd { try reader.poll(timeout: .milliseconds(100)) { batcher.read($0) } }
    }

    private static func offsets(_ batch: RequestBatcher.Batch?) -> [Int64] {
        (batch?.items ?? []).map { item in
            switch item {
            case .rejected(let offset): LogOffset(scheduling: offset).offset
            case .request: -1
            }
        }
    }

    @Test func `a batch has the log offsets of its records and the mark of the last`() async throws {
        let cluster = try await Self.cluster(["a", "b", "c"])
        var batcher = Self.batcher()
        try Self.read(cluster, from: 0, into: &batcher)
        let poll = batcher.take()
        let batch = try #require(poll.batches[0])
        #expect(
            batch.rejected.map { LogOffset(scheduling: $0.offset) }
                == (0..<3).map { LogOffset(generation: 2, offset: $0) }
        )
        #expect(Self.offsets(batch) == [0, 1, 2] && batch.mark?.offset == 2 && batch.mark?.timestamp == 1_000)
        let rest = batcher.take()
        #expect(poll.changed.isEmpty && rest.batches.isEmpty)
    }

    @Test func `records that are read again are left out`() async throws {
        let cluster = try await Self.cluster(["a", "b", "c"])
        var batcher = Self.batcher()
        try Self.read(cluster, from: 0, into: &batcher)
        let mark = batcher.take().batches[0]?.mark
        try Self.read(cluster, from: 1, into: &batcher)
        let poll = batcher.take()
        #expect(poll.changed.isEmpty && Self.offsets(poll.batches[0]).isEmpty && poll.batches[0]?.mark == mark)
    }

    @Test func `another record where the latest one was read is of another log`() async throws {
        var batcher = Self.batcher()
        try Self.read(try await Self.cluster(["a", "b", "c"]), from: 0, into: &batcher)
        _ = batcher.take()
        try Self.read(try await Self.cluster(["a", "b", "x"]), from: 1, into: &batcher)
        let poll = batcher.take()
        #expect(poll.changed == [0] && poll.batches.isEmpty)
    }

    @Test func `records of a partition that is not begun, or has ended, are left out`() async throws {
        let cluster = try await Self.cluster(["a"])
        var batcher = Self.batcher()
        batcher.end(0)
        try Self.read(cluster, from: 0, into: &batcher)
        let poll = batcher.take()
        #expect(poll.batches.isEmpty)
    }
}
