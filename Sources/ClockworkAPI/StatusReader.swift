internal import Scheduling
internal import ServiceLifecycle
internal import Synchronization

/// Reads where schedules stand: what the store says, and for a moment what this process has just asked for.
///
/// - A key whose latest request was written by this process: the store is asked until the owner has applied it, for
///   at most a second from then on. If it has not by then (it lags behind, or the schedule is just being delivered), a
///   create is told as pending, which it is: the intake has it and its owner will deliver it. A cancel that found
///   nothing to cancel leaves no trace, so of a cancel the store's word is told.
/// - Any other key the store does not know may have been created by another process a moment ago: the store is asked
///   again for less than half a second before the key is unknown. At most 256 requests wait for that at one time;
///   beyond them the first answer stands.
struct StatusReader: Sendable {
    /// What became of a request.
    enum Outcome: Sendable, Equatable {
        /// The owner has applied it, and the key stands so.
        case applied(Standing)
        /// The owner has read it and it changed nothing; the key stands so, if it is known.
        case changedNothing(Standing?)
        /// Time ran out.
        case unknown
    }

    /// What was in the store before a request was written.
    struct Before: Sendable {
        var progress: [PartitionProgress]
        var record: KeyRecord?
    }

    let store: any ScheduleStore
    let recents: RecentRequests
    private let progress: SharedProgress
    private let strangers = Counter()

    private final class Counter: Sendable {
        let value = Atomic(0)
    }

    private static let firstPause = Duration.milliseconds(5)
    private static let longestPause = Duration.milliseconds(250)
    private static let patienceForOwn = Duration.seconds(1)
    /// How long a create is told as pending though the key record names a create of another partition, which may be the
    /// older one or the newer one.
    private static let trustInOwn = Duration.seconds(30)
    private static let patienceForStrange = Duration.milliseconds(400)
    private static let maxStrangers = 256

    init(store: any ScheduleStore, recents: RecentRequests) {
        self.store = store
        self.recents = recents
        progress = SharedProgress(store: store)
    }

    /// Where the key stands; `nil` when it is unknown.
    func standing(of key: ScheduleKey) async throws(ScheduleStoreError) -> Standing? {
        let recent = recents[key]
        let isStranger = recent == nil
        var patience = Self.patienceForStrange
        if isStranger, strangers.value.add(1, ordering: .relaxed).newValue > Self.maxStrangers { patience = .zero }
        defer {
            if isStranger { strangers.value.subtract(1, ordering: .relaxed) }
        }
        let deadline = recent.map { $0.notedAt + Self.patienceForOwn } ?? .now + patience
        var pause = isStranger ? Self.patienceForStrange / 4 : Self.firstPause
        while true {
            let lookup = try await lookUp(key)
            if let recent {
                if await reflects(lookup, recent) { return Standing(lookup) }
            } else if let standing = Standing(lookup) {
                return standing
            }
            guard ContinuousClock.now < deadline, await Self.pause(&pause) else {
                return Self.lastWord(lookup, recent)
            }
        }
    }

    /// What to tell once the time for the owner to apply the latest request is over.
    private static func lastWord(_ lookup: KeyLookup, _ recent: RecentRequests.Entry?) -> Standing? {
        guard let recent, let fallback = recent.fallback else { return Standing(lookup) }
        guard let record = lookup.record else { return fallback }
        let isOlder = record.partition == recent.partition || ContinuousClock.now - recent.notedAt < trustInOwn
        return recent.isCreate && isOlder ? fallback : Standing(lookup)
    }

    /// What is in the store before a request is written; nothing where it does not answer.
    func before(_ key: ScheduleKey) async -> Before {
        Before(progress: (try? await progress.latest()) ?? [], record: (try? await lookUp(key))?.record)
    }

    /// Waits until the owner has applied the request that is at this place, or can be seen to have passed it.
    ///
    /// - Parameter before: as long as the key record stands as it did, the request has not been applied, whatever offset it
    ///   names.
    func outcome(
        of key: ScheduleKey,
        at place: IntakeProducer.Place,
        before: Before,
        within patience: Duration
    ) async throws(ScheduleStoreError) -> Outcome {
        let deadline = ContinuousClock.now + patience
        var pause = Self.firstPause
        var nextLookAtProgress = ContinuousClock.now + .seconds(1)
        while true {
            // The progress is read before the key: what it says was applied is then in the key's record.
            var isPassed = false
            if ContinuousClock.now >= nextLookAtProgress {
                isPassed = try await progress.isCommitted(
                    place.offset,
                    in: place.partition,
                    before: before.progress
                )
                nextLookAtProgress = .now + .seconds(1)
            }
            let lookup = try await lookUp(key)
            if let record = lookup.record, record.partition == place.partition, record != before.record,
                let standing = Standing(lookup)
            {
                let offset = await progress.logOffset(place.offset, in: place.partition, before: before.progress)
                if record.requestOffset >= offset { return .applied(standing) }
            }
            if isPassed { return .changedNothing(Standing(lookup)) }
            guard ContinuousClock.now < deadline, await Self.pause(&pause, until: deadline) else { return .unknown }
        }
    }

    private func lookUp(_ key: ScheduleKey) async throws(ScheduleStoreError) -> KeyLookup {
        // A key record is found by the key alone; the partition matters to owners only.
        try await store.lookUp([key], partition: 0).first ?? .unknown
    }

    /// Whether the store has come as far as the request.
    private func reflects(_ lookup: KeyLookup, _ recent: RecentRequests.Entry) async -> Bool {
        guard let record = lookup.record, record.partition == recent.partition else { return false }
        let offset = await progress.logOffset(recent.offset, in: recent.partition)
        if record.requestOffset >= offset, record != recent.before { return true }
        // A create that repeats a delivered one is dropped and leaves no trace.
        guard recent.isCreate, let created = recent.fallback else { return false }
        return record.state == .latest && !lookup.isPending && record.scheduleTime == created.scheduleTime
    }

    /// Sleeps, longer each time; `false` when there is no time left for it.
    private static func pause(
        _ pause: inout Duration,
        until deadline: ContinuousClock.Instant? = nil
    ) async -> Bool {
        guard !Task.isShuttingDownGracefully else { return false }
        var length = pause
        if let deadline { length = min(length, max(deadline - .now, .milliseconds(1))) }
        pause = min(pause * 2, longestPause)
        return (try? await Task.sleep(for: length)) != nil
    }
}
