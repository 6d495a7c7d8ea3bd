internal import ClockworkService
internal import Scheduling
internal import Synchronization

/// The latest request for each key among those that this process has recently written to the intake.
///
/// A request is acknowledged some time before the owner writes its key record. If the request is due soon, its key
/// record is written only after the delivery. This type bridges that gap. Its size is bounded: of the requests of the
/// last half hour it keeps between one and two batches of 8,192. May be used from any thread.
final class RecentRequests: Sendable {
    /// A request and its place in the intake.
    struct Entry: Sendable {
        var partition: Int32
        /// Kafka's own.
        var offset: Int64
        /// The schedule of a create; `nil` for a cancel.
        var created: Standing?
        /// The key record as it was before the request was written, if it was read and there was one.
        var before: KeyRecord?
        /// When the request was written.
        var notedAt = ContinuousClock.now

        /// Whether the store's answer already reflects the request, as far as can be seen.
        func isReflected(in lookup: KeyLookup) -> Bool {
            guard let record = lookup.record else { return .now - notedAt > RecentRequests.trust }
            guard record.partition == partition else { return record != before }
            // A create that repeats a delivered schedule is dropped and leaves no trace.
            if record.state == .latest, !lookup.isPending, record.scheduleTime == created?.scheduleTime { return true }
            let request = LogOffset(scheduling: record.requestOffset)
            let known = before.map { LogOffset(scheduling: $0.requestOffset).generation } ?? request.generation
            return request.offset >= offset && record != before || request.generation > known
        }
    }

    /// How long a request counts as on its way to its owner while the store has no record of its key. After that the
    /// key record may have expired.
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

    /// The standing of a key: the store's, or that of a request which the store does not reflect yet.
    func standing(of key: ScheduleKey, _ lookup: KeyLookup) -> Standing? {
        guard let recent = self[key], !recent.isReflected(in: lookup) else { return Standing(lookup) }
        return recent.created ?? Standing(lookup)
    }

    subscript(key: ScheduleKey) -> Entry? {
        batches.withLock { $0.young[key] ?? $0.old[key] }
    }
}
