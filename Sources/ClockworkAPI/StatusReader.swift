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
    private let shared: SharedLookUps

    /// How long a question waits for the owners where the client does not say.
    static let patience = Duration.seconds(1)
    private static let firstPause = Duration.milliseconds(10)
    private static let longestPause = Duration.milliseconds(250)

    init(store: any ScheduleStore, recents: RecentRequests, owners: OwnerWatch) {
        self.store = store
        self.recents = recents
        self.owners = owners
        shared = SharedLookUps(store: store)
    }

    /// Where the key stands, as of a moment after the call if the owners come past what the intake holds within
    /// `patience`.
    func standing(of key: ScheduleKey, within patience: Duration) async throws(ScheduleStoreError) -> Finding {
        let deadline = ContinuousClock.now + patience
        var inquiry: KeyInquiry?
        var pause = Self.firstPause
        while true {
            var isWorthLooking = false
            if let view = await owners.view() {
                if var known = inquiry {
                    isWorthLooking = known.ownersAt(view)
                    inquiry = known
                } else {
                    inquiry = KeyInquiry(asOf: view)
                    isWorthLooking = true
                }
            }
            if isWorthLooking, inquiry?.found(try await lookUp(key)) == true {
                return Finding(standing: inquiry.flatMap { Standing($0.word) }, isFinal: true)
            }
            guard ContinuousClock.now < deadline, await Self.pause(&pause, until: deadline) else { break }
        }
        let lookup = try await lookUp(key)
        return Finding(standing: recents.standing(of: key, lookup), isFinal: false)
    }

    /// What the store says of these keys, perhaps of others, too; `nil` where it does not answer in time.
    func records(of keys: [ScheduleKey]) async -> [ScheduleKey: KeyLookup]? { await shared.lookUps(of: keys) }

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

    /// What the store says. It may read a record before its item: of a schedule that is moved between the two it would
    /// then say that it was delivered. So that is asked for until two answers agree.
    private func lookUp(_ key: ScheduleKey) async throws(ScheduleStoreError) -> KeyLookup {
        var answer = try await lookUpOnce(key)
        while answer.record?.state == .latest, !answer.isPending {
            let again = try await lookUpOnce(key)
            if again == answer { break }
            answer = again
        }
        return answer
    }

    private func lookUpOnce(_ key: ScheduleKey) async throws(ScheduleStoreError) -> KeyLookup {
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
