import Bytes
import Scheduling
import Testing

@testable import DynamoDB
@testable import ScheduleStores

/// Stores that were written before progress records named a log page, look up and progress as they did.
@Suite struct EarlierLayoutTests {
    @Test func `an SQLite file of that layout, opened again and again`() async throws {
        try await withTemporaryFile { path in
            try SQLiteConnection(path: path).execute(String(decoding: PackageResources.store_sql, as: UTF8.self))
            for _ in 0..<2 {
                let store = try SQLiteScheduleStore(path: path, logger: .quiet) { EarlierStore.writtenAt }
                defer { store.close() }
                try await check(store)
            }
            var store = try SQLiteScheduleStore(path: path, logger: .quiet) { EarlierStore.writtenAt }
            let progress = try await goOn(store)
            store.close()
            store = try SQLiteScheduleStore(path: path, logger: .quiet) { EarlierStore.writtenAt }
            #expect(try await store.progress() == progress)
            store.close()
        }
    }

    @Test func `a pod of before can open the file again, and its progress leaves the log as it is`() async throws {
        try await withTemporaryFile { path in
            var store = try SQLiteScheduleStore(path: path, logger: .quiet) { EarlierStore.writtenAt }
            var progress = EarlierStore.progress[0]
            progress.generation = 9_000
            progress.mark = LogMark(offset: 1, timestamp: 2, hash: 3)
            try await store.save(progress)
            store.close()

            let file = try SQLiteConnection(path: path)
            let version = try SQLiteStatement(file, "PRAGMA user_version")
            #expect(try version.step())
            #expect(version.integer(0) == 2)
            version.reset()
            try file.execute(
                """
                INSERT OR REPLACE INTO progress
                    (partition, owner, epoch, executed_up_to, pending_resident, committed_offset, updated_at)
                VALUES (3, 'pod-0', 18, NULL, 5, 1002, 1700000000700)
                """
            )
            store = try SQLiteScheduleStore(path: path, logger: .quiet) { EarlierStore.writtenAt }
            let after = try #require(try await store.progress().first)
            #expect(after.owner == "pod-0")
            #expect(after.generation == 9_000)
            #expect(after.mark == progress.mark)
            store.close()
        }
    }

    @Test func `DynamoDB items of that layout`() async throws {
        try await withDynamoDB { client, prefix in
            var configuration = DynamoDBScheduleStore.Configuration()
            configuration.scheduleTable = prefix + "schedules"
            configuration.progressTable = prefix + "progress"
            let store = DynamoDBScheduleStore(client: client, configuration: configuration, logger: .quiet) {
                EarlierStore.writtenAt
            }
            try await store.createTables()
            var tables: [String: [Item]] = [:]
            let layout: Void? = AnswerReader.read(PackageResources.items_json) { (reader) throws(JSONError) in
                try reader.readObject { (reader, name) throws(JSONError) in
                    tables[name.makeString()] = try reader.readItems()
                }
            }?.output
            try #require(layout != nil)
            for (table, items) in tables {
                for item in items { try await client.put(item, table: prefix + table, deadline: .now + .seconds(10)) }
            }
            try await check(store)
            _ = try await goOn(store)
        }
    }

    private func check(_ store: some ScheduleStore) async throws {
        let items = EarlierStore.pending.map {
            TimelineItem(schedule: $0, record: record($0, partition: EarlierStore.partition))
        }
        var page = try await store.page(
            partition: EarlierStore.partition,
            after: .beforeAll,
            through: .maximum,
            limit: 100
        )
        #expect(page == TimelinePage(items: items, reachedEnd: true))
        page = try await store.page(
            partition: EarlierStore.partition,
            after: items[0].schedule.position,
            through: items[2].schedule.position.time,
            limit: 100
        )
        #expect(page == TimelinePage(items: Array(items[1...2]), reachedEnd: true))

        let keys = items.map(\.schedule.key) + EarlierStore.ended.map(\.key)
        let lookups =
            items.map { KeyLookup(record: $0.record, isPending: true) }
            + EarlierStore.ended.map { KeyLookup(record: $0.record, isPending: false) }
        #expect(try await store.lookUp(keys, partition: EarlierStore.partition) == lookups)
        #expect(try await store.progress() == EarlierStore.progress)
    }

    /// What the owner of a partition does with such a store, in a later log of the partition too.
    ///
    /// - Returns: the progress records after it.
    private func goOn(_ store: some ScheduleStore) async throws -> [PartitionProgress] {
        let delivered = EarlierStore.pending[0]
        let new = schedule(time: delivered.position.time.rawValue, offset: 1_000_000_000_000_000, key: "new")
        try await store.apply(
            [
                KeyChange(key: delivered.key, deletes: [delivered.position]),
                create(new, partition: EarlierStore.partition),
            ],
            partition: EarlierStore.partition
        )
        let page = try await store.page(
            partition: EarlierStore.partition,
            after: .beforeAll,
            through: delivered.position.time,
            limit: 100
        )
        #expect(page.items.map(\.schedule) == [EarlierStore.pending[1], new])
        #expect(try await store.lookUp([delivered.key], partition: EarlierStore.partition).first?.isPending == false)

        var progress = EarlierStore.progress
        progress[0].generation = 1
        progress[0].mark = LogMark(offset: 5, timestamp: 1_700_000_000_000, hash: .max)
        try await store.save(progress[0])
        #expect(try await store.progress() == progress)
        return progress
    }
}
