import Scheduling
import TestSupport

/// A store that keeps what real ones promise and no more: a change is applied in three steps, timeline item, key
/// record, deletes, and a call may stop anywhere between.
struct SimulatedStore {
    private(set) var timeline: [Position: Schedule] = [:]
    private(set) var records: [ScheduleKey: KeyRecord] = [:]

    mutating func apply(_ changes: [KeyChange]) {
        for change in changes { put(change) }
        for change in changes { finish(change) }
    }

    /// Applies a random part, as a call does that breaks off.
    mutating func applyPart(of changes: [KeyChange], _ random: inout SeededRandom) {
        let order = changes.shuffled(using: &random)
        for change in order {
            guard !random.oneIn(changes.count + 1) else { return }
            put(change)
        }
        for change in order where random.oneIn(2) {
            if let record = change.record { records[change.key] = record }
            for position in change.deletes where random.oneIn(2) { timeline[position] = nil }
        }
    }

    private mutating func put(_ change: KeyChange) {
        if let put = change.put { timeline[put.position] = put }
    }

    private mutating func finish(_ change: KeyChange) {
        if let record = change.record { records[change.key] = record }
        for position in change.deletes { timeline[position] = nil }
    }

    func lookUp(_ keys: [ScheduleKey]) -> [KeyLookup] {
        keys.map { key in
            guard let record = records[key] else { return .unknown }
            let isPending = record.state == .latest && timeline[record.position] != nil
            return KeyLookup(record: record, isPending: isPending)
        }
    }

    func page(_ call: Effects.PageCall) -> TimelinePage {
        let end = Position.end(of: call.through)
        var positions: [Position] = []
        for position in timeline.keys where position > call.after && position <= end { positions.append(position) }
        positions.sort()
        let items = positions.prefix(call.limit).map { position in
            TimelineItem(schedule: timeline[position]!, record: records[timeline[position]!.key])
        }
        return TimelinePage(items: items, reachedEnd: positions.count <= call.limit)
    }
}
