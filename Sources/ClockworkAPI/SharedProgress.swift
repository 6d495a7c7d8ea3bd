internal import Scheduling

/// The progress records of all partitions, read about once a second at most, however many wait for them.
actor SharedProgress {
    private let store: any ScheduleStore
    private var records: [PartitionProgress] = []
    private var askedAt: ContinuousClock.Instant?

    private static let interval = Duration.milliseconds(900)

    init(store: any ScheduleStore) {
        self.store = store
    }

    /// The records, a second old perhaps. Whoever comes while they are being read is given those from before.
    func latest() async throws(ScheduleStoreError) -> [PartitionProgress] {
        if let askedAt, .now - askedAt < Self.interval { return records }
        askedAt = .now
        records = try await store.progress()
        return records
    }
}
