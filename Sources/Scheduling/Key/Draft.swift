/// What is to be written for one schedule key.
///
/// At most one change of a key is in flight, so that changes to one item never overtake each other. What comes
/// meanwhile is gathered here and goes out together (design rule "Idempotent changes").
struct Draft {
    /// A key record to be written.
    enum Record {
        case none
        /// The record of this schedule.
        case of(Schedule, KeyRecord.State, request: Int64)
        /// The record that a look-up has found, cancelled.
        indirect case cancelled(KeyRecord)
    }

    /// The timeline item to write.
    private(set) var put: Schedule?
    private var record = Record.none
    /// Timeline items to delete.
    private(set) var deletes: [Position] = []
    /// Settled once what is to be sent has been stored.
    private(set) var offsets = OffsetList()
    /// Settled once what is in flight has been stored; `nil` while nothing is in flight.
    private(set) var sent: OffsetList?
    /// Whether the key stands in the queue of those that have something to send.
    private(set) var isQueued = false

    /// Whether there is something to be sent.
    var hasUnsent: Bool { put != nil || hasRecord || !deletes.isEmpty || !offsets.isEmpty }
    /// Whether a key record is among it.
    var hasRecord: Bool { if case .none = record { false } else { true } }
    /// Whether a change is in flight.
    var isInFlight: Bool { sent != nil }
    /// Whether nothing is to be sent and nothing is in flight.
    var isDone: Bool { !hasUnsent && sent == nil && !isQueued }

    /// Whether it says that a schedule for this time was cancelled.
    func cancels(_ scheduleTime: EpochMilliseconds) -> Bool {
        switch record {
        case .none: false
        case .of(let schedule, let state, _): state == .cancelled && schedule.scheduleTime == scheduleTime
        case .cancelled(let record): record.scheduleTime == scheduleTime
        }
    }

    // MARK: Gathering

    /// Has `schedule` written, item and key record. `offsets` are settled by it.
    mutating func write(_ schedule: Schedule, settling offsets: OffsetList) {
        put = schedule
        record = .of(schedule, .latest, request: schedule.position.offset)
        self.offsets.append(offsets)
    }

    mutating func write(_ record: Record) {
        self.record = record
    }

    /// Has the item at `position` deleted.
    mutating func delete(_ position: Position) {
        if !deletes.contains(position) { deletes.append(position) }
    }

    /// Has no item and no record written, unless they are in flight.
    mutating func discardWrite() {
        put = nil
        record = .none
    }

    /// Has no item written, unless it is in flight.
    mutating func discardPut() {
        put = nil
    }

    /// `position` is to be written, not deleted.
    mutating func keep(_ position: Position) {
        if !deletes.isEmpty { deletes.removeAll { $0 == position } }
    }

    /// Has an offset settled once what is to be sent has been stored.
    mutating func settle(_ offset: Int64) { offsets.append(offset) }

    mutating func settle(_ list: OffsetList) { offsets.append(list) }

    /// Hands over what waits to be settled, for something else to settle it.
    mutating func takeOffsets() -> OffsetList { offsets.take() }

    /// - Returns: whether the key is to be queued.
    mutating func queue() -> Bool {
        guard !isQueued else { return false }
        isQueued = true
        return true
    }

    // MARK: Sending

    /// Its turn in the queue has come.
    mutating func leaveQueue() {
        isQueued = false
    }

    /// Takes what is to be sent as one change, which is in flight then.
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
    /// - Returns: the offsets that are settled by it.
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
