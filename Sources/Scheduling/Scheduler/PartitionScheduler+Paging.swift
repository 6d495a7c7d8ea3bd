import TimerWheel

/// A page on its way, and what has happened meanwhile that it cannot know of.
struct PageLoad {
    var call: Effects.PageCall
    /// Timeline items deleted since the call: the page may still show them.
    private(set) var removed: Set<Position> = []
    /// Schedules written since the call that are kept in memory, as the page may not show them.
    private var retained = 0
    /// Entries kept in memory until the page is here.
    var kept: [Int32] = []
    /// Whether the page has to be thrown away and asked for again.
    var isStale = false

    init(call: Effects.PageCall) {
        self.call = call
    }

    mutating func noteRemoved(_ positions: [Position], limit: Int) {
        guard !isStale else { return }
        removed.formUnion(positions)
        if removed.count > limit { giveUp() }
    }

    /// - Returns: whether the schedule is kept until the page is here.
    mutating func retain(limit: Int) -> Bool {
        guard !isStale else { return false }
        retained += 1
        if retained > limit { giveUp() }
        return true
    }

    /// The page takes so long that remembering costs more than asking again.
    private mutating func giveUp() {
        isStale = true
        removed = []
    }
}

extension PartitionScheduler {
    /// The page asked for is here.
    public mutating func pageLoaded(_ page: TimelinePage, now: EpochMilliseconds, _ effects: inout Effects) {
        guard let load = pageLoad else { preconditionFailure("a page that was not asked for") }
        pageLoad = nil
        if !load.isStale, isActive {
            for item in page.items where !load.removed.contains(item.schedule.position) {
                take(item)
            }
            if page.reachedEnd {
                horizon = Position.end(of: load.call.through)
            } else if let last = page.items.last {
                horizon = last.schedule.position
            }
            horizonIsComplete = page.reachedEnd
            hasLoadedPage = true
        }
        sweepStoreOnly()
        endLostHolders()
        for index in load.kept {
            table[index].isKeptForPage = false
            release(index)
        }
        advance(now, &effects)
    }

    /// Takes one timeline item into memory, unless something newer is known of its key.
    private mutating func take(_ item: TimelineItem) {
        let schedule = item.schedule
        let (index, isNew) = table.findOrAdd(schedule.key)
        if isNew {
            takeNew(item, index)
        } else if let pending = table[index].pending {
            if pending.position == schedule.position {
                table[index].isInStore = true
            } else if !isInHand(schedule.position, index) {
                takeBesides(pending, schedule, index)
            }
        } else if !isInHand(schedule.position, index) {
            // As in `takeBesides`: while a request of this log is being delivered, a foreign item is left where it is.
            let isOfThisLog = table[index].latestRequest >= 0 && !isForeign(offset: table[index].latestRequest)
            if isForeign(offset: schedule.position.offset), isOfThisLog { return }
            let offset = schedule.position.offset
            let latest = max(table[index].latestRequest, table[index].repeating?.position.offset ?? -1)
            guard offset >= latest else { return condemn(schedule, index) }
            dropRepeating(index)
            table[index].latestRequest = schedule.position.offset
            hold(schedule, index)
            // A cancel that has been read comes after whatever is not of this log.
            if let cancel = table[index].waitingCancel, cancel > offset || isForeign(offset: offset) {
                table[index].waitingCancel = nil
                cancelPending(schedule, index, request: cancel)
            }
        }
    }

    /// Design rule "Latest wins": of two pending schedules of one key the one with the higher offset stays.
    ///
    /// Unless that alone is foreign. A foreign item is left where it is: if it is of a topic that was made anew since, the
    /// look-up has it deleted; if it is of this one, it will be read in its turn, and needs its item until then.
    private mutating func takeBesides(_ pending: Schedule, _ schedule: Schedule, _ index: Int32) {
        if schedule.origin == pending.origin {
            // Two retries of one create, after a crash: the later one is the newer.
            guard schedule.position > pending.position else { return condemn(schedule, index) }
            let offsets = table[index].work.map { table[work: $0].pendingOffsets.take() }
            discardPending(index)
            let work = table.ensureWork(index)
            if let offsets { table[work: work].pendingOffsets.append(offsets) }
            hold(schedule, index)
            planWrite(index)
            return
        }
        if schedule.position.offset < pending.position.offset {
            guard isForeign(pending), !isForeign(schedule) else { return condemn(schedule, index) }
            forgetPending(index)
        } else {
            // While the answer about a request just read is awaited, that will tell.
            guard !isForeign(schedule) || isForeign(pending),
                table[index].knowledge == .known || schedule.position.offset < replayEnd
            else { return }
            discardPending(index)
        }
        table[index].latestRequest = schedule.position.offset
        hold(schedule, index)
    }

    /// Whether a timeline item cannot be of the log as far as this owner knows it.
    private func isForeign(_ schedule: Schedule) -> Bool { isForeign(offset: schedule.position.offset) }

    private func isForeign(offset: Int64) -> Bool { offset >= max(replayEnd, offsets.next) }

    /// Design rule "Latest wins": the key record that came with the item decides, if it is the newer of the two. An
    /// owner that has lost the partition without noticing may have written an older one last.
    private mutating func takeNew(_ item: TimelineItem, _ index: Int32) {
        let schedule = item.schedule
        table[index].knowledge = .known
        table[index].latestRequest = schedule.position.offset
        if let record = item.record, supersedes(record, schedule) {
            // Offsets of another partition say nothing about those here.
            if record.partition == partition { table[index].latestRequest = record.requestOffset }
            condemn(schedule, index)
        } else {
            hold(schedule, index)
        }
    }

    private func supersedes(_ record: KeyRecord, _ schedule: Schedule) -> Bool {
        guard record.partition == partition, record.requestOffset <= schedule.position.offset else { return true }
        guard record.requestOffset == schedule.position.offset else { return false }
        // A record names a retry once its item is written: an earlier one is what a crash has left.
        let namesLater = record.scheduleTime == schedule.scheduleTime && record.position > schedule.position
        return record.state != .latest || namesLater
    }

    private mutating func hold(_ schedule: Schedule, _ index: Int32) {
        table[index].pending = schedule
        table[index].isInStore = true
        table[index].wasDueOnArrival = false
        bytesInMemory += Self.bytes(of: schedule)
        putInWheel(index)
        if schedule.isOrdered, schedule.retry != nil {
            gate.hold(schedule, due: schedule.position.time, limit: limits.maxHolders)
        }
    }

    private mutating func condemn(_ schedule: Schedule, _ index: Int32) {
        let work = table.ensureWork(index)
        table[work: work].deletes.append(schedule.position)
        enqueue(index, work)
    }

    /// After a page: what was on its way to the store and is at or below the new horizon becomes resident, too
    /// (design rule "Horizon"); what was kept for the page's sake goes.
    private mutating func sweepStoreOnly() {
        for index in table.indices(where: { $0.place == .storeOnly }) {
            guard let schedule = table[index].pending else { continue }
            if schedule.position <= horizon {
                putInWheel(index)
            } else {
                release(index)
            }
        }
    }

    /// After a page: an ordered callback at or below the horizon is in memory (design rule "Horizon"). One that is not
    /// has come to its end elsewhere, under an owner that has lost the partition without noticing.
    private mutating func endLostHolders() {
        guard !gate.isOpen else { return }
        for (orderingKey, holder) in gate.holders(through: horizon) {
            let index = table.index(of: holder.key)
            let isInMemory = index.map { index in
                table[index].pending?.origin == holder.origin || flight(of: index, offset: holder.origin.offset) != nil
            }
            if isInMemory != true { gate.end(orderingKey, offset: holder.origin.offset) }
        }
    }

    // MARK: Asking

    /// Asks for the next page when the horizon has come near and there is room (design rule "Bounded").
    mutating func requestPage(_ now: EpochMilliseconds, _ effects: inout Effects) {
        guard pageLoad == nil, hasRoomForPage, isActive else { return }
        let end = min(now.advanced(byMilliseconds: limits.horizonMilliseconds), .maximum)
        guard horizon.time < end else { return }
        let isNear = horizon.time <= now.advanced(byMilliseconds: limits.horizonMilliseconds / 2)
        guard !horizonIsComplete || isNear else { return }
        let limit = min(limits.pageSize, limits.maxResident - wheel.count - pen.count)
        let call = Effects.PageCall(after: horizon, through: end, limit: limit)
        pageLoad = PageLoad(call: call)
        effects.loadPage = call
    }

    /// When the next page is to be asked for; `nil` while there is no room for it or it is on its way.
    var refillTime: EpochMilliseconds? {
        guard pageLoad == nil, hasRoomForPage, horizon.time < .maximum else { return nil }
        return horizon.time.advanced(byMilliseconds: -limits.horizonMilliseconds / 2)
    }

    /// What waits in the holding pen counts as well: it grows with each page while the one in front waits. Nor do
    /// pages run ahead of the writes: each delivery leaves a change behind that deletes its item. What waits behind an
    /// ordered callback has a bound of its own, since that callback itself may have to come with a page.
    private var hasRoomForPage: Bool {
        dirty.count <= limits.maxUnsettled && wheel.count + pen.count <= limits.maxResident / 2
            && residentBytes + pen.bytes <= limits.maxResidentBytes / 2
    }

    // MARK: Letting go

    /// Design rule "Bounded": past the limit the farthest quarter is let go, and the horizon comes nearer.
    mutating func boundResidents() {
        guard wheel.count > limits.maxResident || residentBytes > limits.maxResidentBytes && wheel.count > 1 else {
            return
        }
        var residents: [(position: Position, index: Int32)] = []
        residents.reserveCapacity(wheel.count)
        wheel.forEach { _, tick, order, index in
            residents.append((Position(time: EpochMilliseconds(rawValue: tick), offset: order), index))
        }
        residents.sort { $0.position < $1.position }
        let kept = residentsToKeep(residents)
        let cut = residents[kept - 1].position
        for (_, index) in residents[kept...] {
            letGo(index)
        }
        horizon = min(horizon, cut)
        horizonIsComplete = false
        pageLoad?.isStale = true
    }

    /// How many of the nearest fit into three quarters of both bounds; at least one.
    private func residentsToKeep(_ residents: [(position: Position, index: Int32)]) -> Int {
        let most = min(residents.count - 1, max(1, limits.maxResident * 3 / 4))
        guard residentBytes > limits.maxResidentBytes else { return most }
        var excess = residentBytes - limits.maxResidentBytes * 3 / 4
        var kept = residents.count
        while kept > 1, excess > 0 {
            kept -= 1
            if let schedule = table[residents[kept].index].pending { excess -= Self.bytes(of: schedule) }
        }
        return min(kept, most)
    }

    private mutating func letGo(_ index: Int32) {
        guard let schedule = table[index].pending else { return }
        removeFromWheel(index, schedule)
        leaveToStore(index, schedule)
    }

    /// Has a schedule beyond the horizon wait in the store, and here only until the store has it.
    mutating func leaveToStore(_ index: Int32, _ schedule: Schedule) {
        table[index].place = .storeOnly
        if !table[index].isInStore { planWrite(index) }
        release(index)
    }
}
