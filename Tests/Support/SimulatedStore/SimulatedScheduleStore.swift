public import Scheduling
internal import Synchronization

/// The simulated store behind the protocol of the real ones: the same answers, at once, without an error.
public final class SimulatedScheduleStore: ScheduleStore {
    private let store: Mutex<SimulatedStore>
    private let now: @Sendable () -> EpochMilliseconds

    /// A store that begins with what `store` holds.
    ///
    /// - Parameter now: the wall clock, asked for the expiry of key records only.
    public init(_ store: SimulatedStore, now: @escaping @Sendable () -> EpochMilliseconds) {
        self.store = Mutex(store)
        self.now = now
    }

    /// Applies all of `changes`.
    public func apply(_ changes: [KeyChange], partition: Int32) async throws(ScheduleStoreError) {
        let now = now()
        store.withLock { $0.apply(changes, partition: partition, now: now) }
    }

    /// What is known of each key.
    public func lookUp(_ keys: [ScheduleKey], partition: Int32) async throws(ScheduleStoreError) -> [KeyLookup] {
        let now = now()
        return store.withLock { $0.lookUp(keys, now: now) }
    }

    /// A run of the timeline with its key records.
    public func page(
        partition: Int32,
        after position: Position,
        through end: EpochMilliseconds,
        limit: Int
    ) async throws(ScheduleStoreError) -> TimelinePage {
        let now = now()
        return store.withLock {
            $0.page(partition: partition, after: position, through: end, limit: limit, now: now)
        }
    }

    /// Writes the progress record of a partition, unless the stored one is of a later generation.
    @discardableResult
    public func save(_ progress: PartitionProgress) async throws(ScheduleStoreError) -> Bool {
        store.withLock { $0.save(progress) }
    }

    /// Every partition's progress record, by partition.
    public func progress() async throws(ScheduleStoreError) -> [PartitionProgress] {
        store.withLock { $0.progress }
    }
}
