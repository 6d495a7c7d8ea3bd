import TimerWheel

/// The schedule of a key that is still to be handed out, and its place.
struct PendingSchedule {
    /// A place.
    enum Place {
        /// In the window, under this handle of its wheel.
        case window(TimerWheel<Int32>.Handle)
        /// Due, and in the holding pen.
        case pen
        /// Beyond the horizon: in memory only until the store has it.
        case store
    }

    let schedule: Schedule
    /// Its place; the scheduler reports it with `placed`.
    private(set) var place = Place.store
    /// Whether the timeline holds it, or may by now.
    private(set) var isStored: Bool
    /// Whether it was due when its request was read, so that it may repeat a delivered one.
    let wasDueOnArrival: Bool
    /// Settled by the schedule's outcome, whatever that is.
    private(set) var offsets: OffsetList

    /// A schedule from a request, or from an attempt: the store does not have it yet.
    init(_ schedule: Schedule, wasDueOnArrival: Bool, settling offsets: OffsetList) {
        self.schedule = schedule
        self.wasDueOnArrival = wasDueOnArrival
        self.offsets = offsets
        isStored = false
    }

    /// A schedule that the timeline holds.
    init(stored schedule: Schedule, settling offsets: OffsetList = OffsetList()) {
        self.schedule = schedule
        self.offsets = offsets
        wasDueOnArrival = false
        isStored = true
    }

    var position: Position { schedule.position }
    var isBeyondHorizon: Bool { if case .store = place { true } else { false } }
    /// Whether it was beyond the horizon and is now within this one.
    func isLeft(by horizon: Position) -> Bool { isBeyondHorizon && position <= horizon }
    var isInPen: Bool { if case .pen = place { true } else { false } }

    mutating func placed(_ place: Place) {
        self.place = place
    }

    /// Whether it is the same create as the item at `position`, at a later attempt.
    func isLaterAttempt(than position: Position) -> Bool {
        self.position.offset == position.offset && self.position > position
    }

    /// The timeline holds it, or may by now.
    mutating func isInTimeline() {
        isStored = true
    }

    /// Makes its outcome, whatever that is, settle a request.
    mutating func settle(_ offset: Int64) {
        offsets.append(offset)
    }

    /// Plans its write where one is needed, once the store's knowledge of its key is known.
    ///
    /// A schedule that was due on arrival is about to go out. The intake keeps it until its delivery is acknowledged,
    /// so the write of its timeline item is spared. There are two exceptions. If it replaces another schedule, that
    /// one's item must not go before the key record names its successor. A callback may take long.
    ///
    /// - Parameter isNamed: whether the key record names it, if the timeline holds it.
    mutating func planWrite(in draft: inout Draft, isNamed: Bool, _ steps: inout KeySteps) {
        let goesOutAtOnce = wasDueOnArrival && !isBeyondHorizon && schedule.target.callback == nil
        let isSpared = goesOutAtOnce && !isStored && draft.deletes.isEmpty
        let isPlanned = (isStored && isNamed || draft.put === schedule) && offsets.isEmpty
        guard !isSpared, !isPlanned else { return }
        draft.write(schedule, settling: offsets.take())
        steps.add(.write)
    }

    /// The retry of it that the store holds, according to its key record. The same requests wait for it.
    func adopting(_ record: KeyRecord) -> PendingSchedule {
        let retry = record.retry ?? Retry(scheduleTime: schedule.scheduleTime, attempt: schedule.attempt, failure: "")
        return PendingSchedule(stored: schedule.again(at: record.position.time, retry: retry), settling: offsets)
    }

    /// Removes it for good and deletes its timeline item, even if this owner has not written it: a previous owner may
    /// have.
    ///
    /// - Returns: the offsets that waited for it.
    consuming func withdraw(from draft: inout Draft, _ steps: inout KeySteps) -> OffsetList {
        steps.add(.takeOut(schedule, place))
        draft.discardWrite()
        draft.delete(position)
        steps.add(.write)
        return offsets
    }

    /// Removes it because it has been delivered before, or a later request has replaced it.
    consuming func drop(from draft: inout Draft, _ steps: inout KeySteps) {
        steps.counters.duplicates += 1
        // The previous owner did not get to delete it.
        if isStored { draft.delete(position) }
        steps.add(.takeOut(schedule, place))
        steps.add(.settleAll(offsets))
    }
}
