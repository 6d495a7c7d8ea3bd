internal import ClockworkService
internal import Scheduling

/// The progress records of all partitions, read about once a second at most and by one call at a time, however many wait
/// for them.
actor SharedProgress {
    private typealias Answer = Result<[PartitionProgress], ScheduleStoreError>

    private let store: any ScheduleStore
    /// `nil` until they have been read.
    private var records: [PartitionProgress]?
    private var askedAt = ContinuousClock.now
    /// The call that reads them.
    private var reading: Task<Answer, Never>?

    private static let interval = Duration.milliseconds(900)

    init(store: any ScheduleStore) {
        self.store = store
    }

    /// The records, a second old perhaps. Whoever comes while they are being read again is given those from before, unless
    /// that takes long.
    func latest() async throws(ScheduleStoreError) -> [PartitionProgress] {
        if let records, .now - askedAt < Self.interval { return records }
        return try await (reading ?? read()).value.get()
    }

    private func read() -> Task<Answer, Never> {
        askedAt = .now
        let task = Task {
            let answer: Answer
            do throws(ScheduleStoreError) {
                answer = .success(try await store.progress())
            } catch {
                answer = .failure(error)
            }
            reading = nil
            if case .success(let latest) = answer { records = latest }
            return answer
        }
        reading = task
        return task
    }

    /// What key records call this offset, which is Kafka's own, of a partition's log. The log is taken to be the first
    /// one where the store does not say.
    ///
    /// - Parameter before: the records from before the request at this offset was written.
    func logOffset(_ offset: Int64, in partition: Int32, before: [PartitionProgress] = []) async -> Int64 {
        let known = (try? await latest()) ?? records ?? []
        return LogOffset(generation: Self.generation(of: offset, partition, known, before), offset: offset).scheduling
    }

    /// Whether everything up to this offset of a partition's log has been committed.
    ///
    /// - Parameter before: the records from before the request at this offset was written.
    func isCommitted(
        _ offset: Int64,
        in partition: Int32,
        before: [PartitionProgress]
    ) async throws(ScheduleStoreError) -> Bool {
        let known = try await latest()
        guard let record = known.first(where: { $0.partition == partition }),
            record.generation == Self.generation(of: offset, partition, known, before)
        else { return false }
        return record.committedOffset.map { $0 > offset } ?? false
    }

    /// The generation of the log that has a request. What was committed before the request was written lies below it, or
    /// is of an earlier log: then the owner has not come to the new one.
    private static func generation(
        of offset: Int64,
        _ partition: Int32,
        _ known: [PartitionProgress],
        _ before: [PartitionProgress]
    ) -> Int64 {
        let present = known.first { $0.partition == partition }?.generation ?? 0
        let isLater = before.contains {
            $0.partition == partition && $0.generation == present && $0.committedOffset ?? 0 > offset
        }
        let generation = isLater ? present &+ 1 : present
        return LogOffset.generations.contains(generation) ? generation : 0
    }
}
