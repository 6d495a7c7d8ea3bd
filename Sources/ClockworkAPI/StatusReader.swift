internal import ClockworkService
internal import Scheduling
internal import ServiceLifecycle

/// Reads where schedules stand: what the store says, once it is as new as the question.
struct StatusReader: Sendable {
    /// Where a key stands.
    struct Finding: Sendable, Equatable {
        /// `nil` when the key is unknown.
        var standing: Standing?
        /// Whether the owners had come past all that the intake held when the question came. If not, a request that it
        /// held may still change the answer.
        var isFinal: Bool
    }

    /// What became of a request.
    enum Outcome: Sendable, Equatable {
        /// The owner has applied it, and the key stands so.
        case applied(Standing)
        /// The owner has read it and it changed nothing; the key stands so, if it is known.
        case changedNothing(Standing?)
        /// Time ran out.
        case unknown
    }

    let store: any ScheduleStore
    let recents: RecentRequests
    private let owners: OwnerWatch

    /// How long a question waits for the owners where the client does not say.
    static let patience = Duration.seconds(1)
    private static let firstPause = Duration.milliseconds(10)
    private static let longestPause = Duration.milliseconds(250)

    init(store: any ScheduleStore, recents: RecentRequests, owners: OwnerWatch) {
        self.store = store
        self.recents = recents
        self.owners = owners
    }

    /// Where the key stands, as of a moment after the call if the owners come past what the intake holds within
    /// `patience`.
    func standing(of key: ScheduleKey, within patience: Duration) async throws(ScheduleStoreError) -> Finding {
        let deadline = ContinuousClock.now + patience
        guard let view = await owners.view() else {
            let standing = Self.standing(try await lookUp(key), recents[key], isPassed: false)
            return Finding(standing: standing, isFinal: false)
        }
        var inquiry = KeyInquiry(asOf: view)
        var pause = Self.firstPause
        var isWorthLooking = true
        while true {
            if isWorthLooking, inquiry.found(try await lookUp(key)) {
                return Finding(standing: Standing(inquiry.word), isFinal: true)
            }
            guard ContinuousClock.now < deadline, await Self.pause(&pause, until: deadline) else { break }
            if let view = await owners.view() { isWorthLooking = inquiry.ownersAt(view) }
        }
        let recent = recents[key]
        let isPassed = recent.map { inquiry.hasPassed($0.partition) } ?? true
        return Finding(standing: Self.standing(try await lookUp(key), recent, isPassed: isPassed), isFinal: false)
    }

    /// What to tell of a key while the owners are behind: a create that this process has written, and that its owner may
    /// not have come to, is pending.
    private static func standing(
        _ lookup: KeyLookup,
        _ recent: RecentRequests.Entry?,
        isPassed: Bool
    ) -> Standing? {
        guard !isPassed, let created = recent?.created else { return Standing(lookup) }
        return created
    }

    /// The key records as they are, in the order of `keys`; `nil` where the store does not answer within `patience`.
    func records(of keys: [ScheduleKey], within patience: Duration) async -> [KeyLookup]? {
        let store = store
        return await withTaskGroup(of: [KeyLookup]?.self) { group in
            group.addTask { try? await store.lookUp(keys, partition: 0) }
            group.addTask {
                try? await Task.sleep(for: patience)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    /// Waits until the owner has applied the request that is at this place, or has come past it.
    ///
    /// - Parameter before: the key record from before the request was written: as long as it stands unchanged, the
    ///   request has not been applied, whatever offset it names.
    func outcome(
        of key: ScheduleKey,
        at place: IntakeProducer.Place,
        before: KeyRecord?,
        within patience: Duration
    ) async throws(ScheduleStoreError) -> Outcome {
        let deadline = ContinuousClock.now + patience
        var inquiry = KeyInquiry(about: place.offset, in: place.partition)
        var generation: Int64 = 0
        var pause = Self.firstPause
        while true {
            if let view = await owners.view() {
                _ = inquiry.ownersAt(view)
                generation = view.partitions[place.partition]?.committed?.generation ?? generation
            }
            let isFinal = inquiry.found(try await lookUp(key))
            if let standing = Standing(inquiry.word), let record = inquiry.word.record, record != before,
                Self.isApplied(place, record, generation)
            {
                return .applied(standing)
            }
            if isFinal { return .changedNothing(Standing(inquiry.word)) }
            guard ContinuousClock.now < deadline, await Self.pause(&pause, until: deadline) else { return .unknown }
        }
    }

    /// Whether a key record is that of the request at a place, or of a later one.
    ///
    /// - Parameter generation: which log the group has committed of.
    private static func isApplied(_ place: IntakeProducer.Place, _ record: KeyRecord, _ generation: Int64) -> Bool {
        let request = LogOffset(scheduling: record.requestOffset)
        return record.partition == place.partition && request.generation >= generation
            && request.offset >= place.offset
    }

    private func lookUp(_ key: ScheduleKey) async throws(ScheduleStoreError) -> KeyLookup {
        // A key record is found by the key alone; the partition matters to owners only.
        try await store.lookUp([key], partition: 0).first ?? .unknown
    }

    /// Sleeps, longer each time; `false` when there is no time left for it.
    private static func pause(_ pause: inout Duration, until deadline: ContinuousClock.Instant) async -> Bool {
        guard !Task.isShuttingDownGracefully else { return false }
        let length = min(pause, max(deadline - .now, .milliseconds(1)))
        pause = min(pause * 2, longestPause)
        return (try? await Task.sleep(for: length)) != nil
    }
}
