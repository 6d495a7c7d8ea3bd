import Foundation
import Logging
import Scheduling
import Testing

@testable import ScheduleStores

@Suite struct SQLiteStoreTests {
    private func open(_ path: String, _ clock: ManualClock = ManualClock()) throws -> SQLiteScheduleStore {
        try SQLiteScheduleStore(path: path, logger: .quiet) { clock.now }
    }

    private func failure(
        _ body: () async throws(ScheduleStoreError) -> Void
    ) async -> ScheduleStoreError? {
        do throws(ScheduleStoreError) {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    private func execute(_ sql: String, _ store: SQLiteScheduleStore) async throws {
        try await store.worker.read { (session) throws(SQLiteError) in try session.connection.execute(sql) }
    }

    private func count(_ store: SQLiteScheduleStore) async throws -> Int {
        try await store.page(partition: 0, after: .beforeAll, through: .maximum, limit: 100_000).items.count
    }

    @Test func `stored schedules are there after reopening`() async throws {
        try await withTemporaryFile { path in
            let schedules = (0..<10).map { schedule(offset: Int64($0), key: "k\($0)") }
            var store = try open(path)
            try await store.apply(schedules.map { create($0, partition: 0) }, partition: 0)
            store.close()
            store = try open(path)
            let page = try await store.page(partition: 0, after: .beforeAll, through: .maximum, limit: 100)
            #expect(page.items.map(\.schedule) == schedules)
            store.close()
        }
    }

    @Test func `a file from before retries is migrated`() async throws {
        try await withTemporaryFile { path in
            let schedules = (0..<3).map { schedule(offset: Int64($0), key: "k\($0)") }
            var store = try open(path)
            try await store.apply(schedules.map { create($0, partition: 0) }, partition: 0)
            for table in ["timeline", "key_record"] {
                for column in ["attempt", "create_time", "failure"] {
                    try await execute("ALTER TABLE \(table) DROP COLUMN \(column)", store)
                }
            }
            try await execute("PRAGMA user_version = 1", store)
            store.close()
            for _ in 0..<2 {
                store = try open(path)
                let page = try await store.page(partition: 0, after: .beforeAll, through: .maximum, limit: 100)
                #expect(page.items == schedules.map { TimelineItem(schedule: $0, record: record($0)) })
                store.close()
            }
            store = try open(path)
            let again = schedules[0].again(
                at: EpochMilliseconds(rawValue: 1_800_000_000_000),
                retry: Retry(scheduleTime: schedules[0].scheduleTime, attempt: 2, failure: "answered 503")
            )
            try await store.apply([create(again, partition: 0)], partition: 0)
            let page = try await store.page(partition: 0, after: .beforeAll, through: .maximum, limit: 100)
            #expect(page.items.last?.schedule == again)
            store.close()
        }
    }

    @Test func `a second opening fails and says who has the file`() async throws {
        try await withTemporaryFile { path in
            let store = try open(path)
            let error = await failure { () async throws(ScheduleStoreError) in
                _ = try SQLiteScheduleStore(path: path, logger: .quiet) { .zero }
            }
            #expect(error?.code == .inUse)
            #expect(error?.message.contains("process \(ProcessInfo.processInfo.processIdentifier) on ") == true)
            store.close()
            try open(path).close()
        }
    }

    @Test func `a file of another application is left alone`() async throws {
        try await withTemporaryFile { path in
            let foreign = try SQLiteConnection(path: path)
            try foreign.execute("CREATE TABLE theirs (a)")
            #expect(throws: ScheduleStoreError.self) { try open(path) }

            try Data("no database at all, but long enough to look at".utf8).write(to: URL(filePath: path + "2"))
            let error = await failure { () async throws(ScheduleStoreError) in
                _ = try SQLiteScheduleStore(path: path + "2", logger: .quiet) { .zero }
            }
            #expect(error?.code == .refused)

            let later = try SQLiteConnection(path: path + "3")
            try later.execute("PRAGMA user_version = 2")
            #expect(throws: ScheduleStoreError.self) { try open(path + "3") }
        }
    }

    @Test func `a directory that does not exist is an error`() {
        #expect(throws: ScheduleStoreError.self) { try open("/nonexistent/clockwork.db") }
    }

    @Test func `a full disk fails the call and changes nothing`() async throws {
        try await withTemporaryFile { path in
            let store = try open(path)
            defer { store.close() }
            let first = schedule(offset: 1, key: "first")
            try await store.apply([create(first, partition: 0)], partition: 0)
            try await execute("PRAGMA max_page_count = 20", store)

            let large = (2..<100).map {
                schedule(offset: $0, key: "k\($0)", payload: [UInt8](repeating: 1, count: 50_000))
            }
            let error = await failure { () async throws(ScheduleStoreError) in
                try await store.apply(large.map { create($0, partition: 0) }, partition: 0)
            }
            #expect(error?.code == .unavailable)
            #expect(try await count(store) == 1)

            try await execute("PRAGMA max_page_count = 1000000", store)
            try await store.apply(large.map { create($0, partition: 0) }, partition: 0)
            #expect(try await count(store) == 99)
        }
    }

    @Test func `calls after closing fail`() async throws {
        try await withTemporaryFile { path in
            let store = try open(path)
            store.close()
            store.close()
            let error = await failure { () async throws(ScheduleStoreError) in
                _ = try await store.progress()
            }
            #expect(error?.code == .unavailable)
        }
    }

    @Test func `expired key records are deleted as others are written`() async throws {
        try await withTemporaryFile { path in
            let clock = ManualClock()
            let store = try open(path, clock)
            let old = (0..<250).map { schedule(time: clock.now.rawValue, offset: Int64($0), key: "old\($0)") }
            try await store.apply(old.map { create($0, partition: 0) }, partition: 0)
            clock.now = clock.now.advanced(byMilliseconds: 8 * 86_400_000)
            for index in 0..<5 as Range<Int64> {
                let new = schedule(time: clock.now.rawValue, offset: 1000 + index, key: "new\(index)")
                try await store.apply([create(new, partition: 0)], partition: 0)
            }
            store.close()

            let connection = try SQLiteConnection(path: path)
            let statement = try SQLiteStatement(
                connection,
                "SELECT count(*), (SELECT count(*) FROM timeline) FROM key_record"
            )
            #expect(try statement.step())
            #expect(statement.integer(0) == 5)
            #expect(statement.integer(1) == 255)
        }
    }

    @Test func `a damaged row is skipped and left in place`() async throws {
        try await withTemporaryFile { path in
            let store = try open(path)
            defer { store.close() }
            let schedules = (0..<5).map { schedule(offset: Int64($0), key: "k\($0)") }
            try await store.apply(schedules.map { create($0, partition: 0) }, partition: 0)
            try await execute("UPDATE timeline SET target = 'elsewhere:x' WHERE \"offset\" IN (0, 1)", store)
            try await execute("UPDATE timeline SET headers = x'FF' WHERE \"offset\" = 3", store)
            try await execute("UPDATE key_record SET state = 'ODD' WHERE key = 'k2'", store)
            let page = try await store.page(partition: 0, after: .beforeAll, through: .maximum, limit: 1)
            #expect(page.items == [TimelineItem(schedule: schedules[2], record: nil)])
            #expect(!page.reachedEnd)
            let rest = try await store.page(
                partition: 0,
                after: schedules[2].position,
                through: .maximum,
                limit: 1
            )
            #expect(rest.items.map(\.schedule) == [schedules[4]])
            #expect(rest.reachedEnd)
            #expect(try await store.lookUp([schedules[2].key], partition: 0) == [.unknown])
        }
    }
}
