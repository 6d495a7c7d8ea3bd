internal import ClockworkService
internal import Scheduling
internal import ServiceLifecycle

/// Reads the status of schedules from the store, once the store is as new as the question.
struct StatusReader: Sendable {
    /// The standing of a key.
    struct Finding: Sendable, Equatable {
        /// `nil` if the key is unknown.
        var standing: Standing?
        /// Whether the owners had read everything that the intake held when the question came. If not, a request that
        /// it held may still change the answer.
        var isFinal: Bool
    }

    /// The outcome of a request.
    enum Outcome: Sendable, Equatable {
        /// The owner has applied it. This is the key's standing now.
        case applied(Standing)
        /// The owner has read it and it changed nothing. This is the key's standing now, if the key is known.
        case changedNothing(Standing?)
        /// The time ran out.
        case unknown
    }

    let store: any ScheduleStore
    let recents: RecentRequests
    private let owners: OwnerWatch
    private let shared: SharedLookUps

    /// How long a question waits for the owners if the client does not say.
    static let patience = Duration.seconds(1)
    private static let firstPause = Duration.milliseconds(10)
    private static let longestPause = Duration.milliseconds(250)

    init(store: any ScheduleStore, recents: RecentRequests, owners: OwnerWatch) {
        self.store = store
        self.recents = recents
        self.owners = owners
        shared = SharedLookUps(store: store)
    }

    /// The standing of a key. It is final if, within `patience`, the owners come past everything that the intake held
    /// when the call came.
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

    /// The store's answers for these keys and perhaps for others; `nil` if it does not answer in time.
    func records(of keys: [ScheduleKey]) async -> [ScheduleKey: KeyLookup]? { await shared.lookUps(of: keys) }

    /// Waits until the owner has applied the request at this place, or has come past it.
    ///
    /// - Parameter before: the key record as it was before the request was written. While it is unchanged, the request
    ///   has not been applied, whatever offset the record names.
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

    /// Whether a key record belongs to the request at a place, or to a later one.
    ///
    /// - Parameter generation: the generation of the log that the group has committed.
    private static func isApplied(_ place: IntakeProducer.Place, _ record: KeyRecord, _ generation: Int64) -> Bool {
        let request = LogOffset(scheduling: record.requestOffset)
        return record.partition == place.partition && request.generation >= generation
            && request.offset >= place.offset
    }

    /// The store's answer for a key. The store may read the key record before its item. If the schedule is moved
    /// between the two reads, the answer wrongly says that it was delivered. So after such an answer the store is asked
    /// until two answers agree.
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
        // The key alone identifies its record; the partition matters only to owners.
        try await store.lookUp([key], partition: 0).first ?? .unknown
    }

    /// Sleeps, longer each time; `false` if the sleep was cut short, or if the process is shutting down.
    private static func pause(_ pause: inout Duration, until deadline: ContinuousClock.Instant) async -> Bool {
        guard !Task.isShuttingDownGracefully else { return false }
        let length = min(pause, max(deadline - .now, .milliseconds(1)))
        pause = min(pause * 2, longestPause)
        return (try? await Task.sleep(for: length)) != nil
    }
}
