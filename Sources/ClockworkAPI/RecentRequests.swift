internal import Scheduling
internal import Synchronization

/// The latest request for each key that this process has written to the intake not long ago.
///
/// It closes the gap between the acknowledgement of a request and the owner's key record, which for a request that is
/// due soon is written only after the delivery. Bounded: of the requests of the last half hour it keeps between one
/// and two generations of 8,192. May be used from any thread.
final class RecentRequests: Sendable {
    /// A request and its place in the intake.
    struct Entry: Sendable {
        var partition: Int32
        /// Kafka's own.
        var offset: Int64
        var isCreate: Bool
        /// The key record as it was before the request was written, where somebody has looked. It may be of an earlier
        /// log, whose offsets say nothing about this one's.
        var before: KeyRecord?
        /// When the request was written.
        var notedAt: ContinuousClock.Instant
        /// What to tell while the owner has not come as far: the schedule that a create asks for, or the one that a
        /// cancel found.
        var fallback: Standing?
    }

    private struct Generations {
        var young: [ScheduleKey: Entry] = [:]
        var old: [ScheduleKey: Entry] = [:]
        var began = ContinuousClock.now
    }

    private static let generationSize = 8_192
    private static let generationAge = Duration.seconds(900)

    private let generations = Mutex(Generations())

    /// Notes a request, unless a later one of the same partition is known.
    func note(_ key: ScheduleKey, _ entry: Entry) {
        let now = ContinuousClock.now
        generations.withLock { generations in
            if let known = generations.young[key], known.partition == entry.partition, known.offset > entry.offset {
                return
            }
            if generations.young.count >= Self.generationSize || now - generations.began > Self.generationAge {
                generations.old = generations.young
                generations.young = [:]
                generations.began = now
            }
            generations.young[key] = entry
        }
    }

    subscript(key: ScheduleKey) -> Entry? {
        generations.withLock { $0.young[key] ?? $0.old[key] }
    }
}
