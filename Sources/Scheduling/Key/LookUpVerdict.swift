/// The meaning of a look-up's answer for a create that waits for it.
enum LookUpVerdict: Equatable {
    /// Deliver it.
    case accept
    /// Deliver it; the timeline holds it.
    case acceptStored
    /// Deliver it, and delete the item at this position. `isReplaced` if that item is another create's.
    case acceptInPlace(of: Position, isReplaced: Bool)
    /// A previous owner has put it off to the position in this record.
    case adopt(KeyRecord)
    /// It has been delivered, or a later request has replaced it.
    case drop

    /// - Parameters:
    ///   - own: the create.
    ///   - mayRepeat: whether it may repeat a delivered one.
    init(on own: Schedule, _ answer: KeyLookup, partition: Int32, mayRepeat: Bool) {
        guard let record = answer.record else {
            self = .accept
            return
        }
        let isOurs = record.partition == partition
        if isOurs, record.requestOffset >= own.position.offset {
            self = Self.handledBefore(own, answer, record)
        } else if mayRepeat, record.state == .latest, !answer.isPending, record.scheduleTime == own.scheduleTime {
            self = .drop
        } else if isOurs, answer.isPending {
            self = .acceptInPlace(of: record.position, isReplaced: true)
        } else {
            self = .accept
        }
    }

    /// A previous owner has handled this request, or a later one of the key.
    private static func handledBefore(_ own: Schedule, _ answer: KeyLookup, _ record: KeyRecord) -> Self {
        guard record.requestOffset == own.position.offset, answer.isPending else { return .drop }
        if record.position == own.position { return .acceptStored }
        if record.position > own.position { return .adopt(record) }
        return .acceptInPlace(of: record.position, isReplaced: false)
    }
}

extension KeyLookup {
    /// The key record after a cancel at offset `request`; `nil` if there is nothing to cancel.
    ///
    /// An item of another partition is left alone: it has its own owner.
    func cancelled(by request: Int64, partition: Int32) -> KeyRecord? {
        guard var record, isPending, record.partition == partition, record.requestOffset < request else { return nil }
        record.state = .cancelled
        record.requestOffset = request
        return record
    }
}

extension TimelineItem {
    /// The key record that came with the item, if the item is no longer to be delivered.
    func supersedingRecord(_ partition: Int32) -> KeyRecord? {
        guard let record, record.partition == partition, record.supersedes(schedule) else { return nil }
        return record
    }

    /// Whether the key has moved to another partition, whose offsets say nothing about those here.
    func isTakenOver(from partition: Int32) -> Bool {
        record.map { $0.partition != partition } ?? false
    }
}

extension KeyRecord {
    /// Whether a timeline item of this record's partition is no longer to be delivered, according to the record.
    ///
    /// A record names a retry once its item is written, so an earlier item is the remainder of a crash.
    func supersedes(_ item: Schedule) -> Bool {
        guard requestOffset == item.position.offset else { return requestOffset > item.position.offset }
        return state != .latest || position > item.position
    }
}
