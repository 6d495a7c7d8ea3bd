import Scheduling
import Synchronization

/// A store that can be made to fail.
final class FaultyStore: ScheduleStore {
    private let store: any ScheduleStore
    private let down = Atomic(false)

    init(_ store: any ScheduleStore) {
        self.store = store
    }

    var isDown: Bool {
        get { down.load(ordering: .relaxed) }
        set { down.store(newValue, ordering: .relaxed) }
    }

    private func check() throws(ScheduleStoreError) {
        if isDown { throw ScheduleStoreError(code: .unavailable, message: "made to fail") }
    }

    func apply(_ changes: [KeyChange], partition: Int32) async throws(ScheduleStoreError) {
        try check()
        try await store.apply(changes, partition: partition)
    }

    func lookUp(_ keys: [ScheduleKey], partition: Int32) async throws(ScheduleStoreError) -> [KeyLookup] {
        try check()
        return try await store.lookUp(keys, partition: partition)
    }

    func page(
        partition: Int32,
        after position: Position,
        through end: EpochMilliseconds,
        limit: Int
    ) async throws(ScheduleStoreError) -> TimelinePage {
        try check()
        return try await store.page(partition: partition, after: position, through: end, limit: limit)
    }

    @discardableResult
    func save(_ progress: PartitionProgress) async throws(ScheduleStoreError) -> Bool {
        try check()
        return try await store.save(progress)
    }

    func progress() async throws(ScheduleStoreError) -> [PartitionProgress] {
        try check()
        return try await store.progress()
    }
}
