import CKafka
import Dispatch
import KafkaFaults
import Testing

@testable import Kafka

@Suite struct LogTests {
    private func reader(_ cluster: LocalKafka, topic: String = "t") -> LogReader {
        LogReader(topic: topic, properties: ["bootstrap.servers": cluster.bootstrapServers])
    }

    private func stamp(_ offset: Int64, _ key: [UInt8]?, _ value: [UInt8]?, at time: Int64 = 0) -> RecordStamp {
        withBytes(key) { key in
            withBytes(value) { RecordStamp(offset: offset, timestampMilliseconds: time, key: key, value: $0) }
        }
    }

    @Test func `a reader finds the ends of logs and the records it is asked for`() async throws {
        let cluster = try LocalKafka(topics: ["t": 3])
        let producer = try TestProducer(cluster)
        for index in 0..<40 {
            let value = [UInt8](repeating: UInt8(index), count: 100_000)
            try producer.produce("t", partition: 0, key: [UInt8(index)], value: value, timestamp: 1_000 + Int64(index))
        }
        try producer.produce("t", partition: 1, value: [1], timestamp: 5)
        try await producer.settle(41)
        let logs = try await reader(cluster).logs(
            of: [0: .record(at: 17), 1: nil, 2: .record(at: 0)],
            timeout: patience
        )
        let found = stamp(17, [17], [UInt8](repeating: 17, count: 100_000), at: 1_017)
        #expect(try logs[0]?.get() == LogReader.Log(low: 0, high: 40, record: found))
        #expect(try logs[1]?.get() == LogReader.Log(low: 0, high: 1, record: nil))
        #expect(try logs[2]?.get() == LogReader.Log(low: 0, high: 0, record: nil))
    }

    @Test func `the first record that a log still has is found, and none in an empty one`() async throws {
        let cluster = try LocalKafka(topics: ["t": 3])
        let producer = try TestProducer(cluster)
        // More than a partition of the local cluster keeps.
        for _ in 0..<12 { try producer.produce("t", partition: 0, value: [UInt8](repeating: 1, count: 900_000)) }
        for index in 0..<3 { try producer.produce("t", partition: 1, value: [UInt8(index)], timestamp: 9) }
        try await producer.settle(15)
        let logs = try await reader(cluster).logs(of: [0: .first, 1: .first, 2: .first], timeout: patience)
        let trimmed = try #require(try logs[0]?.get())
        #expect(trimmed.low > 0 && trimmed.record?.offset == trimmed.low)
        #expect(try logs[1]?.get() == LogReader.Log(low: 0, high: 3, record: stamp(0, nil, [0], at: 9)))
        #expect(try logs[2]?.get() == LogReader.Log(low: 0, high: 0, record: nil))
    }

    @Test func `no record stands at the end of a log, nor before its beginning`() async throws {
        let cluster = try LocalKafka(topics: ["t": 2])
        let producer = try TestProducer(cluster)
        // More than a partition of the local cluster keeps.
        for _ in 0..<12 { try producer.produce("t", partition: 0, value: [UInt8](repeating: 1, count: 900_000)) }
        try producer.produce("t", partition: 1, value: [1])
        try await producer.settle(13)
        let logs = try await reader(cluster).logs(of: [0: .record(at: 0), 1: .record(at: 1)], timeout: patience)
        let trimmed = try #require(try logs[0]?.get())
        #expect(trimmed.low > 0 && trimmed.high == 12 && trimmed.record == nil)
        #expect(try logs[1]?.get() == LogReader.Log(low: 0, high: 1, record: nil))
    }

    @Test func `a reader answers question after question, whatever happens to the brokers between`() async throws {
        let cluster = try LocalKafka(topics: ["t": 2])
        let producer = try TestProducer(cluster)
        for index in 0..<4 { try producer.produce("t", partition: 0, value: [UInt8(index)], timestamp: 7) }
        try await producer.settle(4)
        let reader = reader(cluster)
        for offset in Int64(0)..<4 {
            let logs = try await reader.logs(of: [0: .record(at: offset), 1: nil], timeout: patience)
            let found = stamp(offset, nil, [UInt8(offset)], at: 7)
            #expect(try logs[0]?.get() == LogReader.Log(low: 0, high: 4, record: found))
        }
        try cluster.takeDown()
        // As one error, or as one for each partition.
        await #expect(throws: KafkaError.self) {
            _ = try await reader.logs(of: [0: .record(at: 1), 1: nil], timeout: .milliseconds(300)).mapValues {
                try $0.get()
            }
        }
        try cluster.bringUp()
        let logs = try await reader.logs(of: [0: .record(at: 1), 1: nil], timeout: patience)
        #expect(try logs[0]?.get().record?.offset == 1)
    }

    @Test func `a call that does not come back holds up nobody beyond its deadline`() async throws {
        let cluster = try LocalKafka(topics: ["t": 1])
        let configuration = try KafkaConfiguration(
            properties: ["bootstrap.servers": cluster.bootstrapServers],
            required: [:]
        )
        let client = KafkaClient(
            handle: try configuration.makeClient(RD_KAFKA_CONSUMER),
            callbackContext: nil,
            isDestroyedApart: true
        )
        let end = DispatchSemaphore(value: 0)
        let late = await #expect(throws: KafkaError.self) {
            let _: Int = try await client.runBlocking(until: .now + .milliseconds(20)) { _, _ in end.wait() }
        }
        #expect(late?.isTimeout == true)
        end.signal()
        // What goes on after its answer holds up nobody either.
        let seven: Int = try await client.runBlocking(until: .now + patience) { _, answer in
            answer(.success(7))
            end.wait()
        }
        #expect(seven == 7)
        end.signal()
    }

    @Test func `a partition that has no leader has no answer, and the others have theirs`() async throws {
        let cluster = try LocalKafka(topics: ["t": 2])
        let producer = try TestProducer(cluster)
        try producer.produce("t", partition: 0, value: [1], timestamp: 9)
        try await producer.settle(1)
        try cluster.setLeader(ofTopic: "t", partition: 1, broker: nil)
        let logs = try await reader(cluster).logs(of: [0: nil, 1: nil], timeout: .seconds(2))
        #expect(try logs[0]?.get().high == 1)
        #expect(throws: KafkaError.self) { try logs[1]?.get() }
    }

    @Test func `stamps tell keys, values, nulls and times apart`() {
        let stamps: Set = [
            stamp(0, [1], [2]), stamp(0, [2], [1]), stamp(0, [1, 2], []), stamp(0, [], [1, 2]), stamp(0, nil, [1, 2]),
            stamp(0, [1, 2], nil), stamp(0, nil, nil), stamp(0, [], []), stamp(0, [1], [2], at: 1), stamp(1, [1], [2]),
            stamp(0, nil, [1, 2, 3, 4, 5, 6, 7, 8]), stamp(0, nil, [1, 2, 3, 4, 5, 6, 7, 8, 0]),
        ]
        #expect(stamps.count == 12)
        // Kept in stores: the same in every process and release.
        #expect(stamp(0, Array("key".utf8), Array("some value".utf8)).hash == 0x34d1_aaa3_20bd_da35)
    }

    @Test func `a member that is set beyond the end of a log says so and can start again elsewhere`() async throws {
        let cluster = try LocalKafka(topics: ["t": 2])
        let producer = try TestProducer(cluster)
        for index in 0..<10 { try producer.produce("t", partition: Int32(index % 2), value: [UInt8(index)]) }
        try await producer.settle(10)
        let member = try TestMember(cluster, topic: "t")
        member.starts = [0: 50]
        func doubted() -> [Int32] {
            member.events.flatMap { event -> [Int32] in
                if case .logDoubted(let partitions, _) = event { partitions } else { [] }
            }
        }
        try await wait("the doubt", step: member.poll) { doubted() == [0] }
        try await wait("the other partition", step: member.poll) { member.records.count == 5 }
        #expect(member.records.allSatisfy { $0.partition == 1 })
        try member.consumer.assign([0: 2])
        try await wait("the records from there", step: member.poll) { member.records.count == 8 }
        #expect(member.records.filter { $0.partition == 0 }.map(\.offset) == [2, 3, 4])
        #expect(doubted() == [0] && member.lost().isEmpty && member.revocations().isEmpty)
        member.consumer.close()
    }

    @Test func `a partition that is being read can start again at another offset`() async throws {
        let cluster = try LocalKafka(topics: ["t": 1])
        let producer = try TestProducer(cluster)
        for index in 0..<10 { try producer.produce("t", partition: 0, value: [UInt8(index)]) }
        try await producer.settle(10)
        let member = try TestMember(cluster, topic: "t")
        try await wait("all records", step: member.poll) { member.records.count == 10 }
        try member.consumer.pause([0])
        try member.consumer.assign([0: 7])
        try await wait("the records from there", step: member.poll) { member.records.count == 13 }
        #expect(member.records.suffix(3).map(\.offset) == [7, 8, 9])
        member.consumer.close()
    }

    @Test func `a restart during an unanswered revocation waits for the answer and does not give it`() async throws {
        let cluster = try LocalKafka(topics: ["t": 2])
        let producer = try TestProducer(cluster)
        for index in 0..<8 { try producer.produce("t", partition: Int32(index % 2), value: [UInt8(index)]) }
        try await producer.settle(8)
        let first = try TestMember(cluster, topic: "t")
        try await wait("the records", step: first.poll) { first.records.count == 8 }
        first.answersRevocations = false
        let second = try TestMember(cluster, topic: "t")
        func step() throws {
            try first.poll()
            try second.poll()
        }
        try await wait("the revocation", step: step) { first.revoked.count == 1 }
        let kept = try #require(first.held.subtracting(first.revoked).first)
        try first.consumer.assign([kept: 1])
        let later = ContinuousClock.now + .seconds(1)
        try await wait("some heartbeats", step: step) { ContinuousClock.now >= later }
        #expect(second.held.isEmpty, "the revocation is still unanswered")
        try first.completeRevocation()
        try await wait("the records from there", step: step) { first.records.count == 11 && second.held.count == 1 }
        #expect(first.records.suffix(3).allSatisfy { $0.partition == kept })
        #expect(first.records.suffix(3).map(\.offset) == [1, 2, 3])
        first.consumer.close()
        second.consumer.close()
    }

    @Test func `a partition that begins during an unanswered revocation is read and does not answer it`() async throws {
        let cluster = try LocalKafka(topics: ["t": 4])
        let producer = try TestProducer(cluster)
        for index in 0..<8 { try producer.produce("t", partition: Int32(index % 4), value: [UInt8(index)]) }
        try await producer.settle(8)
        let first = try TestMember(cluster, topic: "t")
        first.readsAtOnce = false
        first.answersRevocations = false
        try await wait("the assignment", step: first.poll) { first.held.count == 4 }
        let second = try TestMember(cluster, topic: "t")
        func step() throws {
            try first.poll()
            try second.poll()
        }
        try await wait("the revocation", step: step) { first.revoked.count == 2 }
        let kept = first.held.subtracting(first.revoked).sorted()
        // Those that are revoked are passed over.
        try first.consumer.assign([kept[0]: 1, first.revoked.min()!: 0])
        try await wait("the records from there", step: step) { !first.records.isEmpty }
        let later = ContinuousClock.now + .seconds(1)
        try await wait("some heartbeats", step: step) { ContinuousClock.now >= later }
        #expect(first.records.map(\.partition) == [kept[0]] && first.records.map(\.offset) == [1])
        #expect(second.held.isEmpty, "the revocation is still unanswered")
        try first.completeRevocation()
        try await wait("the others' records", step: step) { second.records.count == 4 && second.held.count == 2 }
        // Both go on as if nothing had been: the one that began meanwhile, and one that begins now.
        try first.consumer.assign([kept[1]: 1])
        for partition in kept { try producer.produce("t", partition: partition, value: [9]) }
        try await producer.settle(10)
        try await wait("the rest", step: step) { first.records.count == 4 }
        for partition in kept {
            #expect(first.records.filter { $0.partition == partition }.map(\.offset) == [1, 2])
        }
        #expect(first.lost().isEmpty && second.lost().isEmpty)
        first.consumer.close()
        second.consumer.close()
    }

    @Test func `an unknown topic puts every partition that is read in doubt`() async throws {
        let cluster = try LocalKafka(topics: ["t": 2])
        let member = try TestMember(cluster, topic: "t", ["topic.metadata.refresh.interval.ms": "200"])
        try await wait("the member", step: member.poll) { member.held.count == 2 }
        cluster.setTopicError("t", code: 3)
        try await wait("the doubt", step: member.poll) {
            member.events.contains { if case .logDoubted([0, 1], _) = $0 { true } else { false } }
        }
        cluster.setTopicError("t", code: 0)
        try await wait("the topic's return", step: member.poll) { member.assignments > 1 && member.held.count == 2 }
        member.consumer.close()
    }

    @Test func `a record says whether the next of its poll is of another partition`() async throws {
        let cluster = try LocalKafka(topics: ["t": 2])
        let producer = try TestProducer(cluster)
        for index in 0..<20 { try producer.produce("t", partition: Int32(index / 10), value: [UInt8(index)]) }
        try await producer.settle(20)
        let consumer = try KafkaConsumer(
            topic: "t",
            group: "group",
            properties: ["bootstrap.servers": cluster.bootstrapServers, "fetch.wait.max.ms": "20"],
            logger: quietLogger
        )
        var count = 0
        try await wait("all records") {
            var last: (partition: Int32, endsRun: Bool)?
            var assigned: [Int32] = []
            _ = consumer.poll(maxRecords: 500) { record in
                if let last { #expect(last.endsRun || last.partition == record.partition) }
                last = (record.partition, record.endsRun)
                count += 1
            } onEvent: { event in
                if case .assigned(let partitions) = event { assigned += partitions }
            }
            if let last { #expect(last.endsRun, "the last record of a poll ends its run") }
            if !assigned.isEmpty {
                try consumer.assign(Dictionary(uniqueKeysWithValues: assigned.map { ($0, 0) }))
            }
        } until: {
            count == 20
        }
        consumer.close()
    }
}
