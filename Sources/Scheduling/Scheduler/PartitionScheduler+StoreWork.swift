import DequeModule

extension PartitionScheduler {
    /// The store call `id` has been carried out.
    public mutating func changesStored(_ id: Int, now: EpochMilliseconds, _ effects: inout Effects) {
        for index in storeCalls.removeValue(forKey: id) ?? [] {
            guard let work = table[index].work, let sent = table[work: work].sent else { continue }
            table[work: work].sent = nil
            settle(sent.offsets)
            pageLoad?.noteRemoved(sent.deletes, limit: limits.maxUnsettled)
            if table[work: work].hasUnsent { enqueue(index, work) }
            release(index)
        }
        advance(now, &effects)
    }

    /// Plans the write of an entry's pending schedule, once what the store knows of its key is known.
    ///
    /// A schedule that was due on arrival is about to go out: the intake keeps it until its delivery is acknowledged,
    /// and the write of its timeline item is spared. Not so if it replaces another one, whose item must not go before
    /// the key record names its successor; nor a callback, which may take long, or what waits for one.
    mutating func planWrite(_ index: Int32) {
        guard table[index].knowledge == .known, let schedule = table[index].pending, let work = table[index].work else {
            return
        }
        let goesOutAtOnce =
            table[index].wasDueOnArrival && table[index].place != .storeOnly && table[index].place != .gate
            && schedule.target.callback == nil
        if goesOutAtOnce, !table[index].isInStore, table[work: work].deletes.isEmpty { return }
        table[work: work].put = schedule
        table[work: work].record = record(of: schedule, state: .latest, request: schedule.position.offset)
        table[work: work].offsets.append(table[work: work].pendingOffsets.take())
        enqueue(index, work)
    }

    /// Has an entry's unsent work sent when its turn comes.
    mutating func enqueue(_ index: Int32, _ work: Int32) {
        guard !table[work: work].isQueued else { return }
        table[work: work].isQueued = true
        dirty.append(index)
    }

    mutating func enqueueIfUnsent(_ index: Int32, _ work: Int32) {
        if table[work: work].hasUnsent { enqueue(index, work) }
    }

    /// Sends what is to be written, as much as the bounds allow; the rest gathers meanwhile.
    mutating func sendChanges(_ effects: inout Effects) {
        while storeCalls.count < limits.maxStoreCallsInFlight, !dirty.isEmpty {
            var changes: [KeyChange] = []
            var indices: [Int32] = []
            while changes.count < limits.maxChangesPerCall, let index = dirty.popFirst() {
                guard let change = takeChange(index) else { continue }
                changes.append(change)
                indices.append(index)
            }
            guard !changes.isEmpty else { return }
            let id = makeCallID()
            storeCalls[id] = indices
            effects.store.append(Effects.StoreCall(id: id, changes: changes))
        }
    }

    /// The unsent work of an entry as one change, which is then in flight; `nil` while it has to wait for another
    /// change of its key or for the key record. Whatever ends the wait queues it again.
    ///
    /// While a delivery is in flight that the key record does not name yet, deletes wait for that record: a record
    /// whose own item is gone says "delivered", and after a crash a successor with the same time would be dropped.
    private mutating func takeChange(_ index: Int32) -> KeyChange? {
        guard let work = table[index].work else { return nil }
        table[work: work].isQueued = false
        guard table[work: work].sent == nil, table[index].knowledge == .known else { return nil }
        guard table[work: work].hasUnsent else {
            // What was to be sent has gone out another way meanwhile.
            release(index)
            return nil
        }
        guard table[index].unrecorded == 0 || table[work: work].hasRecord || table[work: work].deletes.isEmpty else {
            return nil
        }
        let change = table[work: work].send(table.key(of: index))
        if let put = change.put, put === table[index].pending { table[index].isInStore = true }
        return change
    }

    mutating func settle(_ list: OffsetList) {
        list.forEach { offsets.settle($0) }
    }

    /// Frees what an entry does not need any more, and the entry itself once nothing is left to know.
    mutating func release(_ index: Int32) {
        guard table[index].knowledge == .known else { return }
        if let work = table[index].work {
            guard table[work: work].isDone, !table[work: work].isQueued else { return }
            table.removeWork(index)
        }
        guard table[index].handedOut == 0, table[index].waitingCancel == nil else { return }
        switch table[index].place {
        case .wheel, .pen, .gate:
            return
        case .storeOnly:
            // The page on its way may have been read before this one was written: it stays until the page is here.
            if pageLoad?.retain(limit: limits.maxUnsettled) == true { return }
            forgetPending(index)
        case .nowhere:
            break
        }
        guard !table[index].isKeptForPage else { return }
        table.remove(index)
    }
}
