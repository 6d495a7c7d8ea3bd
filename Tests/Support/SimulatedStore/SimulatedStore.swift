public import Scheduling
public import TestSupport

/// A store that keeps what real ones promise and no more: a change is applied in three steps, timeline item, key
/// record, deletes, and a call may stop anywhere between.
///
/// A simulated world has one partition, 0, which is meant wherever none is named. Key records are not of a partition:
/// each names the one that its item is in.
public struct SimulatedStore: Sendable {
    /// How long a key record outlives the later of its schedule's time and its writing; `nil` for ever.
    public let keyRetention: Duration?
    private var timelines: [Int32: [Position: Schedule]] = [:]
    private var entries: [ScheduleKey: Entry] = [:]
    private var progressRecords: [Int32: PartitionProgress] = [:]

    /// A key record, and the instant from which on it counts as absent.
    private struct Entry {
        var record: KeyRecord
        var expiry: EpochMilliseconds?
    }

    /// An empty store.
    public init(keyRetention: Duration? = nil) {
        self.keyRetention = keyRetention
    }

    // MARK: Changes

    /// Applies all of `changes`.
    ///
    /// - Parameter now: the wall clock of the pod that writes, for the expiry of key records.
    public mutating func apply(_ changes: [KeyChange], partition: Int32 = 0, now: EpochMilliseconds = .zero) {
        for change in changes { put(change, partition) }
        for change in changes {
            putRecord(change, now)
            for position in change.deletes { delete(position, partition) }
        }
    }

    /// Applies a random part, as a call does that breaks off.
    public mutating func applyPart(
        of changes: [KeyChange],
        partition: Int32 = 0,
        now: EpochMilliseconds = .zero,
        _ random: inout SeededRandom
    ) {
        let order = changes.shuffled(using: &random)
        for change in order {
            guard !random.oneIn(changes.count + 1) else { return }
            put(change, partition)
        }
        for change in order where random.oneIn(2) {
            putRecord(change, now)
            for position in change.deletes where random.oneIn(2) { delete(position, partition) }
        }
    }

    private mutating func put(_ change: KeyChange, _ partition: Int32) {
        if let put = change.put { timelines[partition, default: [:]][put.position] = put }
    }

    private mutating func putRecord(_ change: KeyChange, _ now: EpochMilliseconds) {
        guard let record = change.record else { return }
        entries[change.key] = Entry(record: record, expiry: expiry(of: record, now))
    }

    private func expiry(of record: KeyRecord, _ now: EpochMilliseconds) -> EpochMilliseconds? {
        guard let (seconds, attoseconds) = keyRetention?.components else { return nil }
        let milliseconds = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
        return max(record.position.time, now).advanced(byMilliseconds: milliseconds)
    }

    private mutating func delete(_ position: Position, _ partition: Int32) {
        timelines[partition]?[position] = nil
    }

    /// Writes the progress record of a partition, unless the stored one is of a later generation.
    ///
    /// - Returns: whether it was written.
    public mutating func save(_ progress: PartitionProgress) -> Bool {
        let stored = progressRecords[progress.partition]?.generation ?? 0
        guard stored <= progress.generation else { return false }
        progressRecords[progress.partition] = progress
        return true
    }

    // MARK: Answers

    /// What is known of each key, whatever partition its item is in.
    public func lookUp(_ keys: [ScheduleKey], now: EpochMilliseconds = .zero) -> [KeyLookup] {
        keys.map { key in
            guard let record = record(key, now) else { return .unknown }
            let isPending = record.state == .latest && timelines[record.partition]?[record.position] != nil
            return KeyLookup(record: record, isPending: isPending)
        }
    }

    /// A run of a timeline with its key records.
    public func page(_ call: Effects.PageCall, partition: Int32 = 0, now: EpochMilliseconds = .zero) -> TimelinePage {
        page(partition: partition, after: call.after, through: call.through, limit: call.limit, now: now)
    }

    /// A run of a timeline with its key records: the `limit` first of those after `position` up to `end`.
    public func page(
        partition: Int32,
        after position: Position,
        through end: EpochMilliseconds,
        limit: Int,
        now: EpochMilliseconds
    ) -> TimelinePage {
        let end = Position.end(of: end)
        let timeline = timelines[partition] ?? [:]
        var positions: [Position] = []
        for candidate in timeline.keys where candidate > position && candidate <= end { positions.append(candidate) }
        positions.sort()
        let items = positions.prefix(limit).map { position in
            let schedule = timeline[position]!
            return TimelineItem(schedule: schedule, record: record(schedule.key, now))
        }
        return TimelinePage(items: items, reachedEnd: positions.count <= limit)
    }

    private func record(_ key: ScheduleKey, _ now: EpochMilliseconds) -> KeyRecord? {
        guard let entry = entries[key] else { return nil }
        if let expiry = entry.expiry, expiry <= now { return nil }
        return entry.record
    }

    /// Every partition's progress record, by partition.
    public var progress: [PartitionProgress] {
        progressRecords.values.sorted { $0.partition < $1.partition }
    }

    // MARK: What a test sees

    /// The pending schedules of partition 0.
    public var timeline: [Position: Schedule] { timelines[0] ?? [:] }

    /// Every key record, expired ones included.
    public var records: [ScheduleKey: KeyRecord] { entries.mapValues(\.record) }
}
