internal import ClockworkService
internal import Scheduling

/// The progress records of all partitions, read about once a second at most, however many wait for them.
actor SharedProgress {
    private let store: any ScheduleStore
    /// `nil` until they have been read.
    private var records: [PartitionProgress]?
    private var askedAt = ContinuousClock.now

    private static let interval = Duration.milliseconds(900)

    init(store: any ScheduleStore) {
        self.store = store
    }

    /// The records, a second old perhaps. Whoever comes while they are being read again is given those from before.
    func latest() async throws(ScheduleStoreError) -> [PartitionProgress] {
        if let records, .now - askedAt < Self.interval { return records }
        askedAt = .now
        let latest = try await store.progress()
        records = latest
        return latest
    }

    /// What key records call this offset, which is Kafka's own, of a partition's log. The log is taken to be the first
    /// one where the store does not say.
    func logOffset(_ offset: Int64, in partition: Int32) async -> Int64 {
        let known = (try? await latest()) ?? records
        let generation = known?.first { $0.partition == partition }?.generation ?? 0
        return LogOffset(generation: generation, offset: offset).scheduling
    }
}
