import Scheduling

/// The intake of one partition: records at increasing offsets, with gaps as compaction and transactions leave them.
final class SimulatedLog {
    struct Record {
        var offset: Int64
        /// `nil` for one that cannot be accepted.
        var request: Request?
    }

    private struct Identity: Hashable {
        var key: ScheduleKey
        var time: EpochMilliseconds
    }

    /// Which topic of its name this is the log of: 0 for the first.
    let generation: Int64
    /// The log offset of its first record.
    let start: Int64
    /// The log of the topic that was here before. Its log offsets are all lower.
    private let predecessor: SimulatedLog?
    private(set) var records: [Record] = []
    /// The offset behind the last record, or behind the gap that follows it.
    private(set) var end: Int64
    private var latest: [ScheduleKey: Int64] = [:]
    /// The offsets of the creates of one key and time, in order.
    private var repeats: [Identity: [Int64]] = [:]
    private var requestsOfKey: [ScheduleKey: [Int64]] = [:]

    init(generation: Int64, predecessor: SimulatedLog? = nil) {
        self.generation = generation
        self.predecessor = predecessor
        start = generation * 1_000_000_000_000_000
        end = start
    }

    func append(_ request: Request?, gap: Int64) {
        records.append(Record(offset: end, request: request))
        switch request {
        case .create(let schedule):
            repeats[Identity(key: schedule.key, time: schedule.position.time), default: []].append(end)
            note(schedule.key)
        case .cancel(let cancellation):
            note(cancellation.key)
        case nil:
            break
        }
        end += 1 + gap
    }

    private func note(_ key: ScheduleKey) {
        latest[key] = end
        requestsOfKey[key, default: []].append(end)
    }

    /// Where the first record at or behind `offset` stands among the records.
    func index(of offset: Int64) -> Int {
        var low = 0
        var high = records.count
        while low < high {
            let middle = (low + high) / 2
            if records[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The request at an offset; `nil` where none is, or one that cannot be accepted.
    func request(at offset: Int64) -> Request? {
        let index = index(of: offset)
        return index < records.count && records[index].offset == offset ? records[index].request : nil
    }

    /// Whether a later request names the same key.
    func isSuperseded(_ schedule: Schedule) -> Bool {
        if let latest = latest[schedule.key], latest > schedule.position.offset { return true }
        return predecessor?.isSuperseded(schedule) ?? false
    }

    /// The creates before `schedule` with the same key and time.
    func earlierRepeats(of schedule: Schedule) -> [Int64] {
        let identity = Identity(key: schedule.key, time: schedule.scheduleTime)
        let older = predecessor?.earlierRepeats(of: schedule) ?? []
        return older + (repeats[identity] ?? []).prefix { $0 < schedule.position.offset }
    }

    /// The request for the same key right before `schedule`.
    func requestBefore(_ schedule: Schedule) -> Int64? {
        requestsOfKey[schedule.key]?.last { $0 < schedule.position.offset }
    }
}
