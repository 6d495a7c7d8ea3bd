/// The deliveries of one key that are in flight, and the writes that their ends require.
///
/// There is more than one only if a schedule was replaced during its delivery; one needs no allocation.
struct KeyDeliveries {
    struct Flight {
        /// Identifies it among all deliveries in flight.
        let token: UInt32
        /// The position of its schedule in the timeline, if it is there.
        let position: Position
        let isCallback: Bool
        /// Whether the timeline holds it, or may by now. If so, the end deletes it.
        var isStored: Bool
        /// Whether its key record is still to be written. That waits for the acknowledgement: a record without a
        /// timeline item says "delivered".
        var needsRecord = false
        /// Settled once it has ended and the end is written.
        var offsets: OffsetList
        /// The offset of a cancel that came too late for this attempt but ends the later ones; −1 for none.
        var cancel: Int64 = -1
        /// The position of a later attempt of the same create that a previous owner left in the timeline. When this
        /// delivery ends, that item ends with it.
        var later: Position?
    }

    /// How a delivery ended.
    enum Outcome {
        case delivered
        /// Its dead letter is written.
        case failed
        /// An attempt failed and is not repeated, since the schedule was replaced or cancelled meanwhile.
        case ended
    }

    private(set) var first: Flight?
    private(set) var rest: [Flight] = []
    /// The schedule time of the key's latest create, if that is in flight or delivered. `nil` if it is pending,
    /// cancelled, failed or taken back, or if nothing is known of it.
    private var latestTime: EpochMilliseconds?

    var isEmpty: Bool { first == nil }
    /// Whether the key record does not name one of the deliveries yet.
    var hasUnrecorded: Bool { first?.needsRecord == true || rest.contains(where: \.needsRecord) }

    /// Whether a create for `time` repeats the latest one.
    func isRepeated(by time: EpochMilliseconds) -> Bool { latestTime == time }

    /// The answer may say that a previous owner delivered the latest create. A create with the same time then repeats
    /// it.
    mutating func noteDelivered(_ answer: KeyLookup) {
        guard let record = answer.record, record.state == .latest, !answer.isPending else { return }
        latestTime = record.scheduleTime
    }

    /// The latest create is another one, or one that cannot be repeated.
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
            // A callback may take long, so it is written in any case; its delete follows that write.
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

    /// A cancel has been read, and nothing is pending. It is too late for a delivery to a topic. A callback of the
    /// latest create holds the cancel, for its further attempts.
    ///
    /// - Returns: the offset of a cancel that has nothing to do: this one, or one held before; `nil` for none.
    mutating func hold(cancel: Int64, ofCreate create: Int64) -> Int64? {
        guard let flight = flight(of: create), flight.isCallback else { return cancel }
        update(flight.token) { $0.cancel = cancel }
        // A create after the cancel is new, whatever the outcome of the attempt.
        latestTime = nil
        return flight.cancel >= 0 ? flight.cancel : nil
    }

    /// The timeline holds an item at `position`.
    ///
    /// - Returns: whether the item belongs to a delivery in flight, whose end takes care of it.
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

    /// Design rule "Done means gone": the timeline item is deleted, and the key record says how the delivery ended.
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

    /// Takes back a delivery that is to be repeated later, if the key still wants it.
    ///
    /// - Returns: the position that the next attempt must follow, and the offsets that wait for it. `nil` if the
    ///   schedule was replaced or cancelled meanwhile: the delivery is then to be ended.
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
