import ScheduleStores
import Scheduling
import Testing

/// What every store does, whatever it is made of.
@Suite struct ConformanceTests {
    private static let time: Int64 = 1_700_000_100_000
    private static let end = EpochMilliseconds.maximum

    // MARK: Timeline

    @Test(arguments: StoreKind.allCases)
    func `an empty timeline is at its end`(kind: StoreKind) async throws {
        try await kind.withStore { store, _ in
            let page = try await store.page(partition: 7, after: .beforeAll, through: Self.end, limit: 10)
            #expect(page == TimelinePage(items: [], reachedEnd: true))
            try await store.apply([], partition: 7)
            #expect(try await store.lookUp([], partition: 7).isEmpty)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `every part of a schedule comes back`(kind: StoreKind) async throws {
        try await kind.withStore { store, _ in
            var headers = RecordHeaders()
            headers.append(name: "one", value: "")
            headers.append(name: "", value: "é")
            let null: [UInt8] = Array("null".utf8)
            null.withUnsafeBytes { headers.append(name: $0, value: nil) }
            let payloads: [[UInt8]?] = [nil, [], [0], (0...255).map { UInt8($0) }, Array("text".utf8)]
            let schedules = payloads.enumerated().map { index, payload in
                schedule(
                    offset: Int64(index),
                    key: "k\(index)",
                    payload: payload,
                    headers: index % 2 == 0 ? headers : RecordHeaders()
                )
            }
            try await store.apply(schedules.map { create($0, partition: 3) }, partition: 3)
            let page = try await store.page(partition: 3, after: .beforeAll, through: Self.end, limit: 100)
            #expect(page.items.map(\.schedule) == schedules)
            #expect(page.items.map(\.record) == schedules.map { record($0, partition: 3) })
            #expect(page.reachedEnd)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `a page starts strictly after its position and ends with a whole millisecond`(kind: StoreKind) async throws {
        try await kind.withStore { store, _ in
            let places: [(Int64, Int64)] = [(0, 0), (0, 1), (1, 0), (1, .max), (2, 0), (2, 5), (3, 0)]
            let schedules = places.map { schedule(time: Self.time + $0.0, offset: $0.1, key: "\($0.0)-\($0.1)") }
            try await store.apply(schedules.map(create), partition: 0)
            for after in schedules.map(\.position) + [.beforeAll, .end(of: EpochMilliseconds(rawValue: Self.time))] {
                for end in -1...4 as ClosedRange<Int64> {
                    let end = EpochMilliseconds(rawValue: Self.time + end)
                    let page = try await store.page(partition: 0, after: after, through: end, limit: 100)
                    let expected = schedules.map(\.position).filter { $0 > after && $0.time <= end }
                    #expect(page.items.map(\.schedule.position) == expected, "after \(after) through \(end)")
                    #expect(page.reachedEnd)
                }
            }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `schedules of one millisecond come in offset order across pages`(kind: StoreKind) async throws {
        try await kind.withStore { store, _ in
            // Offsets that a number of 17 digits could not tell apart.
            let base: Int64 = 9_007_199_254_740_993
            let schedules = (0..<47).map { schedule(offset: base + Int64($0), key: "k\($0)") }
            try await store.apply(schedules.shuffled().map { create($0, partition: 1) }, partition: 1)
            for limit in [1, 7, 46, 47, 48] {
                var seen: [Position] = []
                var page: TimelinePage
                repeat {
                    let after = seen.last ?? .beforeAll
                    page = try await store.page(
                        partition: 1,
                        after: after,
                        through: EpochMilliseconds(rawValue: Self.time),
                        limit: limit
                    )
                    #expect(page.items.count <= limit)
                    #expect(page.reachedEnd || !page.items.isEmpty)
                    seen += page.items.map(\.schedule.position)
                } while !page.reachedEnd && seen.count <= 100
                #expect(seen == schedules.map(\.position), "limit \(limit)")
            }
        }
    }

    /// Offsets of a late log have 19 digits: its generation, and Kafka's own offset behind it.
    @Test(arguments: StoreKind.allCases)
    func `offsets of later logs are kept to the last digit`(kind: StoreKind) async throws {
        try await kind.withStore { store, _ in
            let log: Int64 = 9_000 * 1_000_000_000_000_000
            let offsets = [7, log - 1, log, log + 1, log + 999_999_999_999_999, .max - 1, .max]
            let schedules = offsets.map { schedule(offset: $0, key: "\($0)") }
            try await store.apply(schedules.shuffled().map { create($0, partition: 5) }, partition: 5)
            let first = try await store.page(partition: 5, after: .beforeAll, through: Self.end, limit: 4)
            let items = schedules.map { TimelineItem(schedule: $0, record: record($0, partition: 5)) }
            #expect(first.items == Array(items.prefix(4)))
            let rest = try await store.page(partition: 5, after: schedules[3].position, through: Self.end, limit: 4)
            #expect(rest.items == Array(items.suffix(3)))

            var cancelled = record(schedules[2], partition: 5)
            cancelled.state = .cancelled
            cancelled.requestOffset = .max
            try await store.apply(
                [
                    KeyChange(key: schedules[2].key, record: cancelled, deletes: [schedules[2].position]),
                    KeyChange(key: schedules[6].key, deletes: [schedules[6].position]),
                ],
                partition: 5
            )
            let page = try await store.page(partition: 5, after: .beforeAll, through: Self.end, limit: 10)
            #expect(page.items.map(\.schedule.position.offset) == [0, 1, 3, 4, 5].map { offsets[$0] })
            var lookups = schedules.map { KeyLookup(record: record($0, partition: 5), isPending: true) }
            lookups[2] = KeyLookup(record: cancelled, isPending: false)
            lookups[6].isPending = false
            #expect(try await store.lookUp(schedules.map(\.key), partition: 5) == lookups)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `partitions do not see each other`(kind: StoreKind) async throws {
        try await kind.withStore { store, _ in
            let one = schedule(offset: 1, key: "one")
            let two = schedule(offset: 1, key: "two")
            try await store.apply([create(one, partition: 1)], partition: 1)
            try await store.apply([create(two, partition: 12)], partition: 12)
            try await store.apply([KeyChange(key: one.key, deletes: [one.position])], partition: 2)
            for (partition, schedule) in [(1 as Int32, one), (12, two)] {
                let page = try await store.page(partition: partition, after: .beforeAll, through: Self.end, limit: 9)
                #expect(page.items.map(\.schedule) == [schedule])
            }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `large payloads come back page by page`(kind: StoreKind) async throws {
        try await kind.withStore { store, _ in
            let schedules = (0..<9).map {
                schedule(offset: Int64($0), key: "k\($0)", payload: [UInt8](repeating: UInt8($0), count: 300_000))
            }
            try await store.apply(schedules.map(create), partition: 0)
            var seen: [Schedule] = []
            var page: TimelinePage
            repeat {
                let after = seen.last?.position ?? .beforeAll
                page = try await store.page(partition: 0, after: after, through: Self.end, limit: 4)
                #expect(page.reachedEnd || !page.items.isEmpty)
                seen += page.items.map(\.schedule)
            } while !page.reachedEnd && seen.count < 100
            #expect(seen == schedules)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `one page can hold two schedules of one key`(kind: StoreKind) async throws {
        try await kind.withStore { store, _ in
            let old = schedule(offset: 1, key: "same")
            let new = schedule(offset: 2, key: "same")
            try await store.apply([create(old)], partition: 0)
            // Half of a replacement: the old item is still there.
            try await store.apply([create(new)], partition: 0)
            let page = try await store.page(partition: 0, after: .beforeAll, through: Self.end, limit: 10)
            #expect(page.items.map(\.schedule) == [old, new])
            #expect(page.items.map { $0.record?.position } == [new.position, new.position])
        }
    }

    // MARK: Callbacks

    @Test(arguments: StoreKind.allCases)
    func `a callback comes back with everything that was requested`(kind: StoreKind) async throws {
        try await kind.withStore { store, _ in
            var retry = CallbackTarget.RetryPolicy()
            retry.maxAttempts = 3
            let target = CallbackTarget(
                url: try #require(CallbackURL("https://example.com:8443/a?b=%20'")),
                method: .patch,
                headers: [.init("X-One", #"a "quoted" \ b"#), .init("x-two", "")],
                timeoutMilliseconds: 77,
                retry: retry,
                isOrdered: true
            )
            let schedule = schedule(offset: 1, key: "k", target: .callback(target))
            try await store.apply([create(schedule)], partition: 0)
            let page = try await store.page(partition: 0, after: .beforeAll, through: Self.end, limit: 10)
            #expect(page.items == [TimelineItem(schedule: schedule, record: record(schedule))])
            #expect(
                try await store.lookUp([schedule.key], partition: 0)
                    == [KeyLookup(record: record(schedule), isPending: true)]
            )
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `a retry replaces the previous attempt`(kind: StoreKind) async throws {
        try await kind.withStore { store, _ in
            let first = schedule(offset: 1, key: "k")
            try await store.apply([create(first)], partition: 0)
            let again = first.again(
                at: EpochMilliseconds(rawValue: Self.time + 60_000),
                retry: Retry(scheduleTime: first.scheduleTime, attempt: 2, failure: "answered 503")
            )
            let putOff = again.again(
                at: EpochMilliseconds(rawValue: Self.time + 90_000),
                retry: Retry(scheduleTime: first.scheduleTime, attempt: 2, failure: "")
            )
            var before = first
            for schedule in [again, putOff] {
                let change = KeyChange(
                    key: schedule.key,
                    put: schedule,
                    record: record(schedule),
                    deletes: [before.position]
                )
                for _ in 0..<2 {
                    try await store.apply([change], partition: 0)
                    let page = try await store.page(partition: 0, after: .beforeAll, through: Self.end, limit: 10)
                    #expect(page.items == [TimelineItem(schedule: schedule, record: record(schedule))])
                    #expect(
                        try await store.lookUp([schedule.key], partition: 0)
                            == [KeyLookup(record: record(schedule), isPending: true)]
                    )
                }
                before = schedule
            }
        }
    }

    // MARK: Changes

    @Test(arguments: StoreKind.allCases)
    func `a change applied again leaves the store as it was`(kind: StoreKind) async throws {
        try await kind.withStore { store, _ in
            let old = schedule(offset: 1, key: "k")
            let new = schedule(time: Self.time - 5, offset: 2, key: "k")
            let replace = KeyChange(key: new.key, put: new, record: record(new), deletes: [old.position])
            try await store.apply([create(old)], partition: 0)
            for _ in 0..<3 {
                try await store.apply([replace], partition: 0)
                let page = try await store.page(partition: 0, after: .beforeAll, through: Self.end, limit: 10)
                #expect(page.items == [TimelineItem(schedule: new, record: record(new))])
                #expect(
                    try await store.lookUp([new.key], partition: 0)
                        == [KeyLookup(record: record(new), isPending: true)]
                )
            }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `half a batch, then the whole batch, leaves the whole batch`(kind: StoreKind) async throws {
        try await kind.withStore { store, _ in
            let schedules = (0..<60).map { schedule(offset: Int64($0), key: "k\($0)") }
            let changes = schedules.map(create)
            try await store.apply(Array(changes.prefix(33)), partition: 0)
            try await store.apply(changes, partition: 0)
            let page = try await store.page(partition: 0, after: .beforeAll, through: Self.end, limit: 100)
            #expect(page.items.map(\.schedule) == schedules)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `many changes at once are all applied`(kind: StoreKind) async throws {
        try await kind.withStore { store, _ in
            let schedules = (0..<260).map { schedule(offset: Int64($0), key: "k\($0)") }
            try await store.apply(schedules.map(create), partition: 0)
            var keys = schedules.map(\.key)
            keys.insert(ScheduleKey(clientID: "c", scheduleKey: "unknown"), at: 130)
            var lookups = try await store.lookUp(keys, partition: 0)
            #expect(lookups.remove(at: 130) == .unknown)
            #expect(lookups == schedules.map { KeyLookup(record: record($0), isPending: true) })

            let deliveries = schedules.map { KeyChange(key: $0.key, deletes: [$0.position]) }
            try await store.apply(deliveries, partition: 0)
            let page = try await store.page(partition: 0, after: .beforeAll, through: Self.end, limit: 100)
            #expect(page == TimelinePage(items: [], reachedEnd: true))
            lookups = try await store.lookUp(schedules.map(\.key), partition: 0)
            #expect(lookups == schedules.map { KeyLookup(record: record($0), isPending: false) })
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `deleting a missing item is not an error`(kind: StoreKind) async throws {
        try await kind.withStore { store, _ in
            let there = schedule(offset: 5, key: "there")
            try await store.apply([create(there)], partition: 0)
            let absent = (0..<40).map { Position(time: there.position.time, offset: $0 == 5 ? 99 : $0) }
            // Twice the same, too: two changes may come to one conclusion.
            try await store.apply(
                [
                    KeyChange(key: ScheduleKey(clientID: "c", scheduleKey: "a"), deletes: absent),
                    KeyChange(key: ScheduleKey(clientID: "c", scheduleKey: "b"), deletes: absent),
                ],
                partition: 0
            )
            let page = try await store.page(partition: 0, after: .beforeAll, through: Self.end, limit: 10)
            #expect(page.items.map(\.schedule) == [there])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `calls for many partitions may run at once`(kind: StoreKind) async throws {
        try await kind.withStore { store, _ in
            try await withThrowingTaskGroup { group in
                for partition in 0..<8 as Range<Int32> {
                    group.addTask {
                        let schedules = (0..<30).map { schedule(offset: Int64($0), key: "\(partition)-\($0)") }
                        let changes = schedules.map { create($0, partition: partition) }
                        for chunk in [changes.prefix(11), changes.dropFirst(11)] {
                            try await store.apply(Array(chunk), partition: partition)
                        }
                        let page = try await store.page(
                            partition: partition,
                            after: .beforeAll,
                            through: Self.end,
                            limit: 100
                        )
                        #expect(page.items.map(\.schedule) == schedules)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    // MARK: Key records

    @Test(arguments: StoreKind.allCases)
    func `keys of any text are kept apart`(kind: StoreKind) async throws {
        try await kind.withStore { store, _ in
            let keys = [
                ("a", "b#c"), ("a#b", "c"), ("a%23b", "c"), ("a", "b%23c"), ("%", "#"), ("#", "%"), ("c", "\u{0}"),
                ("c", "\u{0}\u{0}"), ("c", "a\u{0}b"), ("c", "a"), ("😀", "漢字"), ("c", "\"\\\n\u{7f}"),
                (String(repeating: "#", count: 128), String(repeating: "%", count: 512)),
                (String(repeating: "x", count: 128), String(repeating: "é", count: 256)),
            ].map { ScheduleKey(clientID: $0.0, scheduleKey: $0.1) }
            let schedules = keys.enumerated().map { index, key in
                Schedule(
                    key: key,
                    position: Position(time: EpochMilliseconds(rawValue: Self.time), offset: Int64(index)),
                    orderingKey: "o\u{0}#\(index)",
                    target: .topic("orders"),
                    payload: [UInt8(index)],
                    headers: RecordHeaders()
                )
            }
            try await store.apply(schedules.map(create), partition: 0)
            #expect(
                try await store.lookUp(keys, partition: 0)
                    == schedules.map { KeyLookup(record: record($0), isPending: true) }
            )
            let page = try await store.page(partition: 0, after: .beforeAll, through: Self.end, limit: 100)
            #expect(page.items.map(\.schedule) == schedules)
            #expect(page.items.map(\.record) == schedules.map { record($0) })
        }
    }

    @Test(arguments: StoreKind.allCases, [KeyRecord.State.cancelled, .failed])
    func `a key that is cancelled or failed is not pending even while its item is there`(
        kind: StoreKind,
        state: KeyRecord.State
    ) async throws {
        try await kind.withStore { store, _ in
            let schedule = schedule(offset: 1, key: "k")
            var record = record(schedule)
            try await store.apply([create(schedule)], partition: 0)
            record.state = state
            record.requestOffset = 77
            try await store.apply([KeyChange(key: schedule.key, record: record)], partition: 0)
            #expect(
                try await store.lookUp([schedule.key], partition: 0) == [KeyLookup(record: record, isPending: false)]
            )
            let page = try await store.page(partition: 0, after: .beforeAll, through: Self.end, limit: 10)
            #expect(page.items == [TimelineItem(schedule: schedule, record: record)])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `a timeline item without a key record is still given out`(kind: StoreKind) async throws {
        try await kind.withStore { store, _ in
            let schedule = schedule(offset: 1, key: "k")
            try await store.apply([KeyChange(key: schedule.key, put: schedule)], partition: 0)
            let page = try await store.page(partition: 0, after: .beforeAll, through: Self.end, limit: 10)
            #expect(page.items == [TimelineItem(schedule: schedule, record: nil)])
            #expect(try await store.lookUp([schedule.key], partition: 0) == [.unknown])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `the key record names the partition of its item`(kind: StoreKind) async throws {
        try await kind.withStore { store, _ in
            let schedule = schedule(offset: 1, key: "k")
            try await store.apply([create(schedule, partition: 4)], partition: 4)
            #expect(
                try await store.lookUp([schedule.key], partition: 9)
                    == [KeyLookup(record: record(schedule, partition: 4), isPending: true)]
            )
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `a record is kept for the retention after schedule time and writing`(kind: StoreKind) async throws {
        try await kind.withStore(keyRetention: .seconds(60)) { store, clock in
            let start = clock.now
            // Due 100 s from now, and due long ago.
            let future = schedule(time: start.rawValue + 100_000, offset: 1, key: "future")
            let past = schedule(time: start.rawValue - 1_000_000, offset: 2, key: "past")
            try await store.apply([create(future), create(past)], partition: 0)

            func known() async throws -> [Bool] {
                let lookups = try await store.lookUp([future.key, past.key], partition: 0)
                let page = try await store.page(partition: 0, after: .beforeAll, through: Self.end, limit: 10)
                // The timeline itself never expires, and what a page says of a key is what a look-up says.
                #expect(page.items.map(\.schedule) == [past, future])
                #expect(page.items.map(\.record) == [lookups[1].record, lookups[0].record])
                return lookups.map { $0.record != nil }
            }
            #expect(try await known() == [true, true])
            clock.now = start.advanced(byMilliseconds: 59_000)
            #expect(try await known() == [true, true])
            clock.now = start.advanced(byMilliseconds: 61_000)
            #expect(try await known() == [true, false])
            clock.now = start.advanced(byMilliseconds: 159_000)
            #expect(try await known() == [true, false])
            clock.now = start.advanced(byMilliseconds: 161_000)
            #expect(try await known() == [false, false])
            // Written again, it is known again.
            try await store.apply([create(past)], partition: 0)
            #expect(try await known() == [false, true])
        }
    }

    // MARK: Progress

    @Test(arguments: StoreKind.allCases)
    func `progress is given by partition`(kind: StoreKind) async throws {
        try await kind.withStore { store, _ in
            #expect(try await store.progress().isEmpty)
            var records = [2, 10, 0, 1].map { (partition: Int32) in
                PartitionProgress(
                    partition: partition,
                    owner: "pod-\(partition)",
                    epoch: Int64(partition) + 5,
                    executedUpTo: partition == 0 ? nil : EpochMilliseconds(rawValue: 1000 + Int64(partition)),
                    pendingResident: Int(partition) * 3,
                    committedOffset: partition == 1 ? nil : Int64(partition) << 40,
                    updatedAt: EpochMilliseconds(rawValue: Self.time)
                )
            }
            for record in records { try await store.save(record) }
            records[0].owner = "another"
            records[0].executedUpTo = nil
            records[0].committedOffset = nil
            try await store.save(records[0])
            #expect(try await store.progress() == records.sorted { $0.partition < $1.partition })
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `progress names the log that it belongs to`(kind: StoreKind) async throws {
        try await kind.withStore { store, _ in
            var progress = PartitionProgress(
                partition: 3,
                owner: "pod",
                epoch: 1,
                executedUpTo: nil,
                pendingResident: 0,
                committedOffset: nil,
                updatedAt: EpochMilliseconds(rawValue: Self.time)
            )
            let marks = [
                nil, LogMark(offset: 0, timestamp: 0, hash: 0), LogMark(offset: .max, timestamp: .max, hash: .max),
                LogMark(offset: 17, timestamp: -1, hash: 1 << 63), LogMark(offset: 1, timestamp: 2, hash: 10_000), nil,
            ]
            for (generation, mark) in zip([0, 1, 9_000, 9_001, 9_002, .max] as [Int64], marks) {
                progress.generation = generation
                progress.mark = mark
                let isWritten = try await store.save(progress)
                #expect(isWritten)
                #expect(try await store.progress() == [progress])
            }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `progress of a later generation stays`(kind: StoreKind) async throws {
        try await kind.withStore { store, _ in
            func record(_ partition: Int32, _ generation: Int64, owner: String) -> PartitionProgress {
                PartitionProgress(
                    partition: partition,
                    owner: owner,
                    epoch: 1,
                    executedUpTo: nil,
                    pendingResident: 0,
                    committedOffset: 7,
                    generation: generation,
                    updatedAt: EpochMilliseconds(rawValue: Self.time)
                )
            }
            let later = record(3, 2, owner: "later")
            let other = record(4, 1, owner: "other")
            for progress in [later, other] {
                let isWritten = try await store.save(progress)
                #expect(isWritten)
            }
            for generation in [0, 1] as [Int64] {
                let isWritten = try await store.save(record(3, generation, owner: "earlier"))
                #expect(!isWritten, "generation \(generation)")
            }
            #expect(try await store.progress() == [later, other])
            // The same generation, and another partition's, are in nobody's way.
            let next = record(3, 2, owner: "next")
            for progress in [next, record(4, 1, owner: "other")] {
                let isWritten = try await store.save(progress)
                #expect(isWritten)
            }
            #expect(try await store.progress() == [next, other])
        }
    }
}

// MARK: Values

func schedule(
    time: Int64 = 1_700_000_100_000,
    offset: Int64,
    key: String,
    payload: [UInt8]? = [1, 2, 3],
    headers: RecordHeaders = RecordHeaders(),
    target: DeliveryTarget = .topic("orders")
) -> Schedule {
    Schedule(
        key: ScheduleKey(clientID: "client", scheduleKey: key),
        position: Position(time: EpochMilliseconds(rawValue: time), offset: offset),
        orderingKey: "ordering-\(key)",
        target: target,
        payload: payload,
        headers: headers
    )
}

func record(_ schedule: Schedule, partition: Int32 = 0) -> KeyRecord {
    KeyRecord(
        state: .latest,
        partition: partition,
        position: schedule.position,
        requestOffset: schedule.position.offset,
        orderingKey: schedule.orderingKey,
        target: schedule.target,
        retry: schedule.retry
    )
}

func create(_ schedule: Schedule, partition: Int32) -> KeyChange {
    KeyChange(key: schedule.key, put: schedule, record: record(schedule, partition: partition))
}

private func create(_ schedule: Schedule) -> KeyChange {
    create(schedule, partition: 0)
}
