import Foundation
import ScheduleStores
import Scheduling

extension TestCluster {
    /// Where the pods' store is, for pods of another cluster.
    var storeSettings: [String: String] {
        environment().filter { ["SQLITE_PATH", "SCHEDULE_DB", "PARTITION_EXEC_DB"].contains($0.key) }
    }

    /// What the store holds once no pod runs.
    ///
    /// - Returns: how many schedules are pending, and the generation of each partition's log.
    func storeContent() async throws -> (pending: Int, generations: [Int32: Int64]) {
        guard let path = storeSettings["SQLITE_PATH"] else { return try await withDynamoDB(content) }
        let store = try SQLiteScheduleStore(path: path, logger: quietLogger) { .zero }
        defer { store.close() }
        return try await content(of: store)
    }

    private func content(of store: some ScheduleStore) async throws -> (pending: Int, generations: [Int32: Int64]) {
        var pending = 0
        for partition in 0..<Int32(intakePartitions) {
            // No test has more.
            let limit = 10_000
            pending += try await store.page(
                partition: partition,
                after: .beforeAll,
                through: .maximum,
                limit: limit
            ).items.count
        }
        let progress = try await store.progress()
        return (pending, Dictionary(uniqueKeysWithValues: progress.map { ($0.partition, $0.generation) }))
    }
}
