/// The deliveries of one key that are in flight, and what their ends leave to be written.
///
/// There is more than one only where a schedule was replaced while it was being delivered; one needs no allocation.
struct KeyDeliveries {
    struct Flight {
        /// Names it among all deliveries in flight.
        let token: UInt32
        /// Where its schedule is in the timeline, if it is there.
        let position: Position
        let isCallback: Bool
        /// Whether the timeline holds it, or may by now: then it is deleted afterwards.
        var isStored: Bool
        /// Whether its key record is still to be written. That waits for the acknowledgement: a record without a
        /// timeline item says "delivered".
        var needsRecord = false
        /// Settled once it has ended and that is written.
        var offsets: OffsetList
        /// The offset of a cancel that came too late for this attempt and ends the further ones; −1 for none.
        var cancel: Int64 = -1
        /// Where the timeline holds a later attempt of the same create, left by a previous owner: what becomes of this
        /// one holds for both.
        var later: Position?
    }

    /// How a delivery has come to its end.
    enum Outcome {
        case delivered
        /// Its dead letter is written.
        case failed
        /// An attempt failed that is not to be made again, since the schedule was replaced or cancelled meanwhile.
        case ended
    }

    private(set) var first: Flight?
    private(set) var rest: [Flight] = []
    /// The schedule time of the key's latest create, if that is in flight or delivered; `nil` where it is pending, was
    /// cancelled, has failed or was taken back, or where nothing is known of it.
    private var latestTime: EpochMilliseconds?

    var isEmpty: Bool { first == nil }
    var count: Int { (first == nil ? 0 : 1) + rest.count }
    /// Whether the key record does not name one of them yet.
    var hasUnrecorded: Bool { first?.needsRecord == true || rest.contains(where: \.needsRecord) }

    /// Whether a create for `time` repeats the latest one.
    func isRepeated(by time: EpochMilliseconds) -> Bool { latestTime == time }

    /// Where the answer is that the latest create was delivered, under a previous owner, one with its time repeats it.
    mutating func noteDelivered(_ answer: KeyLookup) {
        guard let record = answer.record, record.state == .latest, !answer.isPending else { return }
        latestTime = record.scheduleTime
    }

    /// Another create is the latest one, or none is that can be repeated.
    mutating func isFollowed() {
        latestTime = nil
    }

    // MARK: Out

    /// The pending schedule goes out.
    mutating func handOut(_ pending: consuming PendingSchedule, as token: UInt32, _ draft: inout Draft) {
        let schedule = pending.schedule
        let isCallback = schedule.target.callback != nil
        var flight = Flight(
            token: token,
            position: schedule.position,
            isCallback: isCallback,
            isStored: pending.isStored,
            offsets: OffsetList()
        )
        if isCallback, draft.put === schedule {
            // A callback may take long, so its write is not spared; its delete comes behind that.
            flight.isStored = true
        } else if flight.isStored {
            draft.discardPut()
        } else {
            flight.needsRecord = true
            draft.discardWrite()
            flight.offsets = draft.takeOffsets()
        }
        flight.offsets.append(pending.offsets)
        latestTime = schedule.scheduleTime
        if first == nil { first = flight } else { rest.append(flight) }
    }

    // MARK: News while it is in flight

    /// A cancel has been read, with nothing pending. It comes too late for a topic; a callback of the latest create holds
    /// it, for the further attempts.
    ///
    /// - Returns: the offset of the cancel that has nothing to do, this one or one that was held before; `nil` for none.
    mutating func hold(cancel: Int64, ofCreate create: Int64) -> Int64? {
        guard let flight = flight(of: create), flight.isCallback else { return cancel }
        update(flight.token) { $0.cancel = cancel }
        // A create behind it is new, whatever becomes of the attempt.
        latestTime = nil
        return flight.cancel >= 0 ? flight.cancel : nil
    }

    /// The timeline holds an item at `position`.
    ///
    /// - Returns: whether the item is one of a delivery in flight, whose end takes care of it.
    mutating func meet(_ position: Position, _ draft: inout Draft) -> Bool {
        guard let flight = flight(of: position.offset), flight.position <= position else { return false }
        if flight.position == position {
            update(flight.token) { $0.isStored = true }
        } else {
            if let other = flight.later, other != position { draft.delete(min(other, position)) }
            update(flight.token) { $0.later = max($0.later ?? position, position) }
        }
        return true
    }

    func flight(of create: Int64) -> Flight? {
        if let first, first.position.offset == create { return first }
        return rest.first { $0.position.offset == create }
    }

    private mutating func update(_ token: UInt32, _ change: (inout Flight) -> Void) {
        if first?.token == token {
            change(&first!)
        } else if let index = rest.firstIndex(where: { $0.token == token }) {
            change(&rest[index])
        }
    }

    // MARK: Ends

    /// Design rule "Done means gone": the timeline item is deleted, and the key record says what became of it.
    mutating func end(
        _ token: UInt32,
        _ schedule: Schedule,
        _ outcome: Outcome,
        _ latest: inout LatestRequest,
        _ draft: inout Draft,
        _ steps: inout KeySteps
    ) {
        let flight = remove(token)
        let offset = flight.position.offset
        let isLatest = latest.offset == offset
        deleteItems(of: flight, &latest, &draft)
        if isLatest {
            if outcome != .delivered { latestTime = nil }
            if outcome == .failed { draft.write(.of(schedule, .failed, request: offset)) }
            if outcome == .delivered, flight.needsRecord { draft.write(.of(schedule, .latest, request: offset)) }
        }
        if flight.cancel >= 0 {
            if outcome == .ended, isLatest {
                steps.counters.cancelled += 1
                latest.note(flight.cancel)
                draft.write(.of(schedule, .cancelled, request: flight.cancel))
                draft.settle(flight.cancel)
            } else {
                steps.counters.cancelledNothing += 1
                steps.add(.settle(flight.cancel))
            }
        }
        if draft.hasRecord || flight.isStored {
            draft.settle(flight.offsets)
        } else {
            steps.add(.settleAll(flight.offsets))
        }
        if draft.hasUnsent { steps.add(.write) }
    }

    /// Takes back a delivery that is to be made again later, if the key still wants it.
    ///
    /// - Returns: the position behind which the next attempt has to stand, and the offsets that wait for it; `nil` where
    ///   the schedule was replaced or cancelled meanwhile: then it is to be ended.
    mutating func takeBack(
        _ token: UInt32,
        _ latest: inout LatestRequest,
        _ draft: inout Draft
    ) -> (after: Position, offsets: OffsetList)? {
        guard let flight = first?.token == token ? first : rest.first(where: { $0.token == token }),
            flight.position.offset == latest.offset, flight.cancel < 0
        else { return nil }
        _ = remove(token)
        deleteItems(of: flight, &latest, &draft)
        latestTime = nil
        return (flight.later ?? flight.position, flight.offsets)
    }

    private func deleteItems(of flight: Flight, _ latest: inout LatestRequest, _ draft: inout Draft) {
        if flight.isStored { draft.delete(flight.position) }
        latest.isDone(flight.position)
        if let later = flight.later {
            draft.delete(later)
            latest.isDone(later)
        }
    }

    private mutating func remove(_ token: UInt32) -> Flight {
        if let flight = first, flight.token == token {
            first = rest.isEmpty ? nil : rest.removeFirst()
            return flight
        }
        guard let index = rest.firstIndex(where: { $0.token == token }) else {
            preconditionFailure("delivery \(token) is not one of this key's")
        }
        return rest.remove(at: index)
    }
}
