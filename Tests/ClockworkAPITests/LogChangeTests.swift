import HTTPTransport
import Kafka
import KafkaFaults
import Scheduling
import Testing

/// Pods that find another log in their intake than the one before: here that of another cluster.
@Suite(.timeLimit(.minutes(5)))
struct LogChangeTests {
    private static let topics = [LivePod.intake: 4, LivePod.deadLetters: 1, LivePod.topic: 2]

    /// The progress record of a partition, once it is as wished.
    private static func progress(
        of partition: Int32,
        in store: FaultyStore,
        until isWished: (PartitionProgress) -> Bool
    ) async throws -> PartitionProgress {
        while true {
            let record = try await store.progress().first { $0.partition == partition }
            if let record, isWished(record) { return record }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// What was delivered, by the id of its request.
    private static func deliveredIDs(_ kafka: LocalKafka, _ count: Int) async throws -> Set<String> {
        let reader = try KafkaReader(
            topic: LivePod.topic,
            from: .beginning,
            properties: ["bootstrap.servers": kafka.bootstrapServers],
            logger: LivePod.logger
        )
        var ids: Set<String> = []
        while ids.count < count {
            try reader.poll(timeout: .milliseconds(50)) { record in
                record.forEachHeader { name, value in
                    guard name.elementsEqual("clockwork-id".utf8), let value else { return }
                    ids.insert(String(decoding: value, as: UTF8.self))
                }
            }
            await Task.yield()
        }
        return ids
    }

    @Test(arguments: StoreKind.allCases)
    func `requests of a new log are new, whatever is stored of the one before`(_ kind: StoreKind) async throws {
        let open = try await kind.open(logger: LivePod.logger)
        defer { open.close() }
        let store = FaultyStore(open.store)
        let old = try LocalKafka(brokers: 1, topics: Self.topics)
        try await LivePod.with(old, store) { pod in
            for number in 0..<5 {
                let body = LivePod.create("other-\(number)", at: LivePod.later(0))
                try await pod.produce(body, key: "o", partition: 1)
            }
            try await pod.produce(LivePod.create("k", at: LivePod.later(3_600_000)), key: "o", partition: 1)
            _ = try await pod.status("/schedule/c/k", until: "PENDING")
            let record = try await Self.progress(of: 1, in: store) { $0.mark?.offset == 5 }
            #expect(record.generation == 0)
        }

        let new = try LocalKafka(brokers: 1, topics: Self.topics)
        try await LivePod.with(new, store) { pod in
            // At offset 0, far below that of the create it replaces.
            try await pod.produce(LivePod.create("k", at: LivePod.later(500)), key: "o", partition: 1)
            let answer = try await pod.status("/schedule/c/k", until: "EXECUTED")
            #expect(answer.number("partition") == 1 && answer.number("offset") == 0)
            #expect(try await Self.deliveredIDs(new, 1) == ["\(LivePod.intake)/1/1-0"])
            let record = try await Self.progress(of: 1, in: store) { $0.committedOffset == 1 }
            #expect(record.generation == 1 && record.mark?.offset == 0)
        }

        // The same log again: nothing is repeated, and what comes next is of the same generation.
        try await LivePod.with(new, store) { pod in
            try await pod.produce(LivePod.create("next", at: LivePod.later(0)), key: "o", partition: 1)
            let ids = try await Self.deliveredIDs(new, 2)
            #expect(ids == ["\(LivePod.intake)/1/1-0", "\(LivePod.intake)/1/1-1"])
            let record = try await Self.progress(of: 1, in: store) { $0.committedOffset == 2 }
            #expect(record.generation == 1)
        }
    }

    @Test func `a group that has lost its offsets goes on where the progress records say`() async throws {
        let open = try await StoreKind.sqlite.open(logger: LivePod.logger)
        defer { open.close() }
        let store = FaultyStore(open.store)
        let kafka = try LocalKafka(brokers: 1, topics: Self.topics)
        try await LivePod.with(kafka, store) { pod in
            for number in 0..<3 {
                try await pod.produce(LivePod.create("k-\(number)", at: LivePod.later(0)), key: "o", partition: 2)
            }
            _ = try await Self.progress(of: 2, in: store) { $0.committedOffset == 3 }
        }
        // Another group has no offsets either.
        try await LivePod.with(kafka, store, group: "another") { pod in
            try await pod.produce(LivePod.create("k-3", at: LivePod.later(0)), key: "o", partition: 2)
            _ = try await Self.progress(of: 2, in: store) { $0.committedOffset == 4 }
            #expect(try await Self.deliveredIDs(kafka, 4).count == 4)
            let counted = try await pod.call("GET", "/metrics").text
            let requests = counted.split(separator: "\n").filter { $0.hasPrefix("clockwork_requests_total") }
            #expect(requests.contains { $0.contains("create") && $0.hasSuffix(" 1") }, "\(requests)")
        }
    }

    @Test func `a log in doubt that is the same is read on, and the store is not needed for it`() async throws {
        let open = try await StoreKind.sqlite.open(logger: LivePod.logger)
        defer { open.close() }
        let store = FaultyStore(open.store)
        let kafka = try LocalKafka(brokers: 1, topics: Self.topics)
        try await LivePod.with(kafka, store) { pod in
            try await pod.produce(LivePod.create("before", at: LivePod.later(0)), key: "o", partition: 2)
            _ = try await Self.progress(of: 2, in: store) { $0.committedOffset == 1 }
            store.isDown = true
            // OFFSET_OUT_OF_RANGE for every partition: the consumer stands still.
            kafka.failNext(.fetch, codes: [1])
            for number in 0..<4 {
                let body = LivePod.create("after-\(number)", at: LivePod.later(0))
                try await pod.produce(body, key: "o", partition: Int32(number))
            }
            #expect(try await Self.deliveredIDs(kafka, 5).contains("\(LivePod.intake)/2/1"))
            store.isDown = false
            let record = try await Self.progress(of: 2, in: store) { $0.committedOffset == 2 }
            #expect(record.generation == 0)
        }
    }

    @Test func `a store that is down in a rebalance stops no partition that is being read`() async throws {
        let open = try await StoreKind.sqlite.open(logger: LivePod.logger)
        defer { open.close() }
        let store = FaultyStore(open.store)
        let kafka = try LocalKafka(brokers: 1, topics: Self.topics)
        try await LivePod.with(kafka, store) { pod in
            try await LivePod.with(kafka, store) { _ in store.isDown = true }
            // The other pod has gone, and its partitions come here: nobody can say which logs they have. Longer than the
            // rebalance takes.
            for round in 0..<20 {
                for partition in Int32(0)..<4 {
                    let body = LivePod.create("\(round)-\(partition)", at: LivePod.later(0))
                    try await pod.produce(body, key: "o", partition: partition)
                }
                _ = try await Self.deliveredIDs(kafka, 2 * (round + 1))
            }
            store.isDown = false
            #expect(try await Self.deliveredIDs(kafka, 80).count == 80)
        }
    }

    /// The new log begins at offset 0, while the store remembers offsets far above.
    @Test func `a wait does not take the key record of an earlier log for the answer`() async throws {
        let open = try await StoreKind.sqlite.open(logger: LivePod.logger)
        defer { open.close() }
        let store = FaultyStore(open.store)
        let key = ScheduleKey(clientID: "c", scheduleKey: "same")
        for partition in Int32(0)..<4 {
            try await store.save(
                PartitionProgress(
                    partition: partition,
                    owner: "earlier",
                    epoch: 1,
                    executedUpTo: nil,
                    pendingResident: 0,
                    committedOffset: 1_000_001,
                    updatedAt: .zero
                )
            )
            let record = KeyRecord(
                state: .cancelled,
                partition: partition,
                position: Position(time: EpochMilliseconds(rawValue: 1), offset: 999_999),
                requestOffset: 1_000_000,
                orderingKey: "same",
                target: .topic(LivePod.topic)
            )
            try await store.apply([KeyChange(key: key, record: record)], partition: partition)
        }
        try await LivePod.with(try LocalKafka(brokers: 1, topics: Self.topics), store) { pod in
            let body = LivePod.create("same", at: LivePod.later(600_000))
            let stored = try await pod.call(
                "POST",
                "/schedule",
                body: body,
                headers: [HTTPHeader("Prefer", "wait=30")]
            )
            #expect(stored.status == 201)
            #expect(stored.text.contains("\"status\":\"PENDING\""), "\(stored.text)")
        }
    }
}
