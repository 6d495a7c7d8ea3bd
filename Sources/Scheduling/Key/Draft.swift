/// The pending writes of one schedule key.
///
/// At most one change of a key is in flight, so changes to one item never overtake each other. Later ones gather here
/// and go out together (design rule "Idempotent changes").
struct Draft {
    /// A key record to be written.
    enum Record {
        case none
        /// The record of this schedule.
        case of(Schedule, KeyRecord.State, request: Int64)
        /// The record that a look-up found, now cancelled.
        indirect case cancelled(KeyRecord)
    }

    /// The timeline item to write.
    private(set) var put: Schedule?
    private var record = Record.none
    /// Timeline items to delete.
    private(set) var deletes: [Position] = []
    /// Settled once the unsent change has been stored.
    private(set) var offsets = OffsetList()
    /// Settled once the change in flight has been stored; `nil` while nothing is in flight.
    private(set) var sent: OffsetList?
    /// Whether the key is in the queue of keys with something to send.
    private(set) var isQueued = false

    /// Whether there is something to send.
    var hasUnsent: Bool { put != nil || hasRecord || !deletes.isEmpty || !offsets.isEmpty }
    /// Whether a key record is to be sent.
    var hasRecord: Bool { if case .none = record { false } else { true } }
    /// Whether a change is in flight.
    var isInFlight: Bool { sent != nil }
    /// Whether there is nothing to send and nothing in flight.
    var isDone: Bool { !hasUnsent && sent == nil && !isQueued }

    /// Whether the record to be sent says that a schedule for this time was cancelled.
    func cancels(_ scheduleTime: EpochMilliseconds) -> Bool {
        switch record {
        case .none: false
        case .of(let schedule, let state, _): state == .cancelled && schedule.scheduleTime == scheduleTime
        case .cancelled(let record): record.scheduleTime == scheduleTime
        }
    }

    // MARK: Gathering

    /// Plans the write of `schedule`, item and key record. It settles `offsets`.
    mutating func write(_ schedule: Schedule, settling offsets: OffsetList) {
        put = schedule
        record = .of(schedule, .latest, request: schedule.position.offset)
        self.offsets.append(offsets)
    }

    mutating func write(_ record: Record) {
        self.record = record
    }

    /// Plans the delete of the item at `position`.
    mutating func delete(_ position: Position) {
        if !deletes.contains(position) { deletes.append(position) }
    }

    /// Drops the unsent item and the unsent record.
    mutating func discardWrite() {
        put = nil
        record = .none
    }

    /// Drops the unsent item.
    mutating func discardPut() {
        put = nil
    }

    /// Drops the unsent delete of `position`, which is to be written.
    mutating func keep(_ position: Position) {
        if !deletes.isEmpty { deletes.removeAll { $0 == position } }
    }

    /// Settles an offset once the unsent change has been stored.
    mutating func settle(_ offset: Int64) { offsets.append(offset) }

    mutating func settle(_ list: OffsetList) { offsets.append(list) }

    /// Hands over the offsets that wait, for something else to settle.
    mutating func takeOffsets() -> OffsetList { offsets.take() }

    /// - Returns: whether the key is to be queued.
    mutating func queue() -> Bool {
        guard !isQueued else { return false }
        isQueued = true
        return true
    }

    // MARK: Sending

    /// The key's turn in the queue has come.
    mutating func leaveQueue() {
        isQueued = false
    }

    /// Takes everything unsent as one change, which is then in flight.
    mutating func send(_ key: ScheduleKey, partition: Int32) -> KeyChange {
        let change = KeyChange(key: key, put: put, record: keyRecord(partition), deletes: deletes)
        sent = offsets.take()
        put = nil
        record = .none
        deletes = []
        return change
    }

    /// The change in flight has been stored.
    ///
    /// - Returns: the offsets that it settles.
    mutating func stored() -> OffsetList {
        defer { sent = nil }
        return sent ?? OffsetList()
    }

    private func keyRecord(_ partition: Int32) -> KeyRecord? {
        switch record {
        case .none:
            nil
        case .cancelled(let record):
            record
        case .of(let schedule, let state, let request):
            KeyRecord(
                state: state,
                partition: partition,
                position: schedule.position,
                requestOffset: request,
                orderingKey: schedule.orderingKey,
                target: schedule.target,
                retry: schedule.retry
            )
        }
    }
}
