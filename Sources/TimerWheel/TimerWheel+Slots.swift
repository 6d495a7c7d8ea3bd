extension TimerWheel {
    /// Puts a row where its tick belongs: into a slot, or into the heap when its slot has been passed.
    ///
    /// A row for the slot of the wheel's own time joins it only at its end, else it goes to the heap too: that slot is
    /// being handed out and stays sorted, however many late ones arrive meanwhile.
    @inlinable
    mutating func place(_ index: UInt32) {
        let tick = rows[Int(index)].tick
        guard tick >= elapsed else { return appendOverdue(index) }
        let slot = WheelGeometry.slot(of: tick, at: elapsed)
        let tail = slots[slot].tail
        if slot < WheelGeometry.slotsPerLevel, tail != WheelRow.none,
            rows[Int(index)].order < rows[Int(tail)].order
        {
            guard tick > elapsed else { return appendOverdue(index) }
            unsorted |= 1 &<< UInt64(slot)
        }
        link(index, slot: slot)
    }

    /// Appends a row to a slot's list.
    @inlinable
    mutating func link(_ index: UInt32, slot: Int) {
        let tail = slots[slot].tail
        rows[Int(index)].place = UInt32(truncatingIfNeeded: slot)
        rows[Int(index)].previous = tail
        rows[Int(index)].next = WheelRow.none
        slots[slot].tail = index
        if tail == WheelRow.none {
            slots[slot].head = index
            markOccupied(slot)
        } else {
            rows[Int(tail)].next = index
        }
    }

    /// Takes a row out of its slot's list.
    @inlinable
    mutating func unlink(_ index: UInt32) {
        let row = rows[Int(index)]
        let slot = Int(row.place)
        if row.previous == WheelRow.none {
            slots[slot].head = row.next
        } else {
            rows[Int(row.previous)].next = row.next
        }
        if row.next == WheelRow.none {
            slots[slot].tail = row.previous
        } else {
            rows[Int(row.next)].previous = row.previous
        }
        if slots[slot].head == WheelRow.none {
            markEmpty(slot)
        }
    }

    @inlinable
    mutating func markOccupied(_ slot: Int) {
        let level = slot / WheelGeometry.slotsPerLevel
        occupied[level] |= 1 &<< UInt64(slot % WheelGeometry.slotsPerLevel)
        occupiedLevels |= 1 &<< UInt64(level)
    }

    @inlinable
    mutating func markEmpty(_ slot: Int) {
        let level = slot / WheelGeometry.slotsPerLevel
        let bit: UInt64 = 1 &<< UInt64(slot % WheelGeometry.slotsPerLevel)
        occupied[level] &= ~bit
        if occupied[level] == 0 { occupiedLevels &= ~(1 &<< UInt64(level)) }
        if level == 0 { unsorted &= ~bit }
    }

    /// The occupied slot with the earliest ticks: the lowest bit of the lowest level.
    @inlinable
    var earliestSlot: Int? {
        guard occupiedLevels != 0 else { return nil }
        let level = occupiedLevels.trailingZeroBitCount
        return level * WheelGeometry.slotsPerLevel + occupied[level].trailingZeroBitCount
    }

    /// Spreads the entries of a slot, whose first tick is `elapsed`, over the levels below, which are empty.
    @inlinable
    mutating func cascade(_ slot: Int) {
        var index = slots[slot].head
        slots[slot] = .empty
        markEmpty(slot)
        while index != WheelRow.none {
            let next = rows[Int(index)].next
            place(index)
            index = next
        }
    }

    /// Brings the list of a level 0 slot into order.
    @usableFromInline
    mutating func sort(_ slot: Int) {
        var indices: ContiguousArray<UInt32> = []
        swap(&indices, &sortBuffer)
        var index = slots[slot].head
        while index != WheelRow.none {
            indices.append(index)
            index = rows[Int(index)].next
        }
        rows.withUnsafeBufferPointer { rows in
            indices.sort { rows[Int($0)].order < rows[Int($1)].order }
        }
        slots[slot] = .empty
        markEmpty(slot)
        for index in indices { link(index, slot: slot) }
        indices.removeAll(keepingCapacity: true)
        swap(&indices, &sortBuffer)
    }
}
