internal import ClockworkService
internal import Scheduling
internal import Synchronization

/// The latest request for each key that this process has written to the intake not long ago.
///
/// It closes the gap between the acknowledgement of a request and the owner's key record, which for a request that is
/// due soon is written only after the delivery. Bounded: of the requests of the last half hour it keeps between one
/// and two batches of 8,192. May be used from any thread.
final class RecentRequests: Sendable {
    /// A request and its place in the intake.
    struct Entry: Sendable {
        var partition: Int32
        /// Kafka's own.
        var offset: Int64
        /// The schedule that it asks for; `nil` for a cancel.
        var created: Standing?
        /// The key record from before it was written, where there was one and somebody had looked.
        var before: KeyRecord?
        /// When it was written.
        var notedAt = ContinuousClock.now

        /// Whether the store has come as far as the request, as far as its word shows.
        func isReflected(in lookup: KeyLookup) -> Bool {
            guard let record = lookup.record else { return .now - notedAt > RecentRequests.trust }
            guard record.partition == partition else { return record != before }
            // A create that repeats a delivered one is dropped and leaves no trace.
            if record.state == .latest, !lookup.isPending, record.scheduleTime == created?.scheduleTime { return true }
            let request = LogOffset(scheduling: record.requestOffset)
            let known = before.map { LogOffset(scheduling: $0.requestOffset).generation } ?? request.generation
            return request.offset >= offset && record != before || request.generation > known
        }
    }

    /// How long a request is taken to be on its way to its owner while the store shows nothing of the key: a key record may
    /// be forgotten, too.
    private static let trust = Duration.seconds(60)

    private struct Batches {
        var young: [ScheduleKey: Entry] = [:]
        var old: [ScheduleKey: Entry] = [:]
        var began = ContinuousClock.now
    }

    private static let batchSize = 8_192
    private static let batchAge = Duration.seconds(900)

    private let batches = Mutex(Batches())

    /// Notes a request, unless a later one of the same partition is known.
    func note(_ key: ScheduleKey, _ entry: Entry) {
        let now = ContinuousClock.now
        batches.withLock { batches in
            if let known = batches.young[key], known.partition == entry.partition, known.offset > entry.offset {
                return
            }
            if batches.young.count >= Self.batchSize || now - batches.began > Self.batchAge {
                batches.old = batches.young
                batches.young = [:]
                batches.began = now
            }
            batches.young[key] = entry
        }
    }

    /// Where a key stands, by the store's word, or by the request that the store has not come to.
    func standing(of key: ScheduleKey, _ lookup: KeyLookup) -> Standing? {
        guard let recent = self[key], !recent.isReflected(in: lookup) else { return Standing(lookup) }
        return recent.created ?? Standing(lookup)
    }

    subscript(key: ScheduleKey) -> Entry? {
        batches.withLock { $0.young[key] ?? $0.old[key] }
    }
}
