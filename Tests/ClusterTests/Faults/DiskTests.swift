import ScheduleStores
import Scheduling
import Testing

extension LocalCluster {
    @Suite(.enabled(if: SmallDisk.isPossible), .timeLimit(.minutes(2)))
    struct DiskTests {
        private static func change(_ number: Int, _ round: Int) -> KeyChange {
            let schedule = Schedule(
                key: ScheduleKey(clientID: "client", scheduleKey: "key-\(number)"),
                position: Position(time: EpochMilliseconds(rawValue: 1_000), offset: Int64(number)),
                orderingKey: "key-\(number)",
                target: .topic("orders"),
                payload: Array("round \(round)".utf8),
                headers: RecordHeaders()
            )
            return KeyChange(key: schedule.key, put: schedule)
        }

        @Test func `a disk filled by the store's own log does not count as full`() async throws {
            try await withTemporaryFolder { folder in
                let disk = try SmallDisk(path: folder + "/disk")
                defer { disk.remove() }
                let store = try SQLiteScheduleStore(path: disk.path + "/clockwork.db", logger: quietLogger) { .zero }
                defer { store.close() }
                // The same 500 items again and again: a file of 100 KB, and a log of 20 MB if it is only added to.
                for round in 0..<200 {
                    try await store.apply((0..<500).map { Self.change($0, round) }, partition: 0)
                }
                let page = try await store.page(partition: 0, after: .beforeAll, through: .maximum, limit: 1_000)
                #expect(page.items.count == 500)
                #expect(page.items.allSatisfy { $0.schedule.payload == Array("round 199".utf8) })
            }
        }

        @Test func `writes fail while the disk is full, and succeed when there is room again`() async throws {
            try await withTemporaryFolder { folder in
                let disk = try SmallDisk(path: folder + "/disk")
                defer { disk.remove() }
                let store = try SQLiteScheduleStore(path: disk.path + "/clockwork.db", logger: quietLogger) { .zero }
                defer { store.close() }
                try await store.apply([Self.change(0, 0)], partition: 0)
                try disk.fill()
                let changes = (1..<5_000).map { Self.change($0, 0) }
                await #expect(throws: ScheduleStoreError.self) { try await store.apply(changes, partition: 0) }
                let before = try await store.page(partition: 0, after: .beforeAll, through: .maximum, limit: 10_000)
                #expect(before.items.count == 1, "all or nothing")
                disk.empty()
                try await store.apply(changes, partition: 0)
                let after = try await store.page(partition: 0, after: .beforeAll, through: .maximum, limit: 10_000)
                #expect(after.items.count == 5_000)
            }
        }
    }
}
