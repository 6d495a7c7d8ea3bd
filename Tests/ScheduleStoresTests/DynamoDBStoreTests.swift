import DynamoDB
import HTTPTransport
import Logging
import Scheduling
import ScriptedServer
import Testing

@testable import ScheduleStores

@Suite struct DynamoDBStoreTests {
    private func configuration(_ prefix: String) -> DynamoDBScheduleStore.Configuration {
        var configuration = DynamoDBScheduleStore.Configuration()
        configuration.scheduleTable = prefix + "schedules"
        configuration.progressTable = prefix + "progress"
        configuration.callTimeout = .seconds(10)
        return configuration
    }

    private func withStore(
        _ body: (DynamoDBScheduleStore, DynamoDBClient, _ table: String) async throws -> Void
    ) async throws {
        try await withDynamoDB { client, prefix in
            let clock = ManualClock()
            let store = DynamoDBScheduleStore(
                client: client,
                configuration: configuration(prefix),
                logger: .quiet,
                now: { clock.now }
            )
            try await store.createTables()
            try await body(store, client, prefix + "schedules")
        }
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

    private func soon() -> ContinuousClock.Instant { .now + .seconds(10) }

    @Test func `items are laid out as the contract says`() async throws {
        try await withStore { store, client, table in
            let key = ScheduleKey(clientID: "a#b", scheduleKey: "100%")
            let schedule = Schedule(
                key: key,
                position: Position(time: EpochMilliseconds(rawValue: 1_700_000_000_000), offset: 42),
                orderingKey: "o",
                target: .topic("orders"),
                payload: [1],
                headers: RecordHeaders()
            )
            try await store.apply([create(schedule, partition: 7)], partition: 7)
            var items: [Item] = []
            var next: Item?
            repeat {
                let page = try await client.scan(table: table, startingAfter: next, deadline: soon())
                items += page.items
                next = page.next
            } while next != nil

            let timeline = try #require(items.first { $0.string("partitionId") == "7" })
            #expect(timeline.number("scheduleTime") == "1700000000000.0000000000000000042")
            let record = try #require(items.first { $0.string("partitionId") == "key#a%23b#100%25" })
            #expect(record.number("scheduleTime") == "0")
            #expect(record.number("ttl") == "\(1_700_000_000 + 7 * 86_400)")
            #expect(items.count == 2)
        }
    }

    @Test func `creating the tables again changes nothing`() async throws {
        try await withStore { store, client, table in
            let schedule = schedule(offset: 1, key: "k")
            try await store.apply([create(schedule, partition: 0)], partition: 0)
            try await store.createTables()
            #expect(try await client.hasTimeToLive(table, attribute: "ttl", deadline: soon()))
            #expect(try await store.lookUp([schedule.key], partition: 0).first?.isPending == true)
        }
    }

    @Test func `a table with other keys is not taken over`() async throws {
        try await withDynamoDB { client, prefix in
            let keys = TableKeys(hash: TableKeys.Key(name: "id", type: "S"))
            try await client.createTable(prefix + "schedules", keys: keys, deadline: soon())
            let store = DynamoDBScheduleStore(client: client, configuration: configuration(prefix), logger: .quiet) {
                .zero
            }
            let error = await failure { () async throws(ScheduleStoreError) in try await store.createTables() }
            #expect(error?.code == .refused)
        }
    }

    @Test func `a missing table is refused by name`() async throws {
        try await withDynamoDB { client, prefix in
            let store = DynamoDBScheduleStore(client: client, configuration: configuration(prefix), logger: .quiet) {
                .zero
            }
            let error = await failure { () async throws(ScheduleStoreError) in _ = try await store.progress() }
            #expect(error?.code == .refused)
            #expect(error?.message.contains("ResourceNotFoundException") == true)
        }
    }

    @Test func `a wrong secret is refused without being shown`() async throws {
        try await withDynamoDB { client, prefix in
            let http = try HTTPClient(configuration: DynamoDBClient.httpConfiguration)
            defer { http.close() }
            let wrong = DynamoDBClient(
                configuration: client.configuration,
                credentials: StaticCredentials(Credentials(accessKeyID: "clockwork-test", secretAccessKey: "guess")),
                http: http,
                logger: .quiet
            )
            let store = DynamoDBScheduleStore(client: wrong, configuration: configuration(prefix), logger: .quiet) {
                .zero
            }
            let error = await failure { () async throws(ScheduleStoreError) in _ = try await store.progress() }
            #expect(error?.code == .refused)
            #expect(error?.message.contains("accessDenied") == true)
            #expect(error?.message.contains("guess") == false)
        }
    }

    @Test func `an item that is too large is refused before it is sent`() async throws {
        try await withStore { store, _, _ in
            let small = schedule(offset: 1, key: "k", payload: [])
            let room = Item.maximumBytes - ItemLayout.item(small, partition: 0).sizeInBytes
            let fits = schedule(offset: 1, key: "k", payload: [UInt8](repeating: 0, count: room))
            let exceeds = schedule(offset: 2, key: "l", payload: [UInt8](repeating: 0, count: room + 1))
            try await store.apply([create(fits, partition: 0)], partition: 0)
            #expect(ItemLayout.item(exceeds, partition: 0).sizeInBytes == Item.maximumBytes + 1)
            let error = await failure { () async throws(ScheduleStoreError) in
                try await store.apply([create(exceeds, partition: 0)], partition: 0)
            }
            #expect(error?.code == .refused)
            #expect(error?.message.contains("409600") == true)
        }
    }

    @Test func `a damaged item is skipped and left in place`() async throws {
        try await withStore { store, client, table in
            let schedules = (0..<5).map { schedule(offset: Int64($0), key: "k\($0)") }
            try await store.apply(schedules.map { create($0, partition: 0) }, partition: 0)
            for offset in [0, 1, 3] {
                let damaged: Item = [
                    "partitionId": .string("0"),
                    "scheduleTime": .number("1700000100000.000000000000000000\(offset)"),
                    "target": .string("elsewhere:x"),
                ]
                try await client.put(damaged, table: table, deadline: soon())
            }
            let record: Item = ["partitionId": .string("key#client#k2"), "scheduleTime": .number("0")]
            try await client.put(record, table: table, deadline: soon())

            let page = try await store.page(partition: 0, after: .beforeAll, through: .maximum, limit: 1)
            #expect(page.items == [TimelineItem(schedule: schedules[2], record: nil)])
            #expect(!page.reachedEnd)
            let rest = try await store.page(partition: 0, after: schedules[2].position, through: .maximum, limit: 9)
            #expect(rest.items.map(\.schedule) == [schedules[4]])
            #expect(rest.reachedEnd)
            #expect(try await store.lookUp([schedules[2].key], partition: 0) == [.unknown])
        }
    }

    /// Whatever a failure cuts off, a record never names an item that was not written, and nothing is deleted before
    /// what takes its place is there.
    @Test func `items are written before records, and records before deletes`() async throws {
        let server = ScriptedServer { _ in .answer(status: 200, body: "{}") }
        defer { server.stop() }
        let http = try HTTPClient(configuration: DynamoDBClient.httpConfiguration)
        defer { http.close() }
        let client = DynamoDBClient(
            configuration: DynamoDBClient.Configuration(endpoint: server.url, region: "eu-central-1"),
            credentials: StaticCredentials(Credentials(accessKeyID: "id", secretAccessKey: "secret")),
            http: http,
            logger: .quiet
        )
        let store = DynamoDBScheduleStore(client: client, configuration: configuration(""), logger: .quiet) { .zero }
        let changes = (0..<90).map { index in
            let schedule = schedule(offset: Int64(index), key: "k\(index)")
            let old = Position(time: .zero, offset: Int64(index))
            return KeyChange(key: schedule.key, put: schedule, record: record(schedule), deletes: [old])
        }
        try await store.apply(changes, partition: 0)
        let kinds = server.requests.map { request in
            request.text.contains("\"DeleteRequest\"") ? 2 : request.text.contains("key#") ? 1 : 0
        }
        #expect(kinds == kinds.sorted())
        #expect(kinds.count == 12)
    }

    @Test func `an unreachable DynamoDB is unavailable`() async throws {
        let server = ScriptedServer { _ in .hangUp }
        server.stop()
        let http = try HTTPClient(configuration: DynamoDBClient.httpConfiguration)
        defer { http.close() }
        let client = DynamoDBClient(
            configuration: DynamoDBClient.Configuration(endpoint: server.url, region: "eu-central-1"),
            credentials: StaticCredentials(Credentials(accessKeyID: "id", secretAccessKey: "secret")),
            http: http,
            logger: .quiet
        )
        var configuration = configuration("")
        configuration.callTimeout = .milliseconds(100)
        let store = DynamoDBScheduleStore(client: client, configuration: configuration, logger: .quiet) { .zero }
        let error = await failure { () async throws(ScheduleStoreError) in _ = try await store.progress() }
        #expect(error?.code == .unavailable)
    }
}
