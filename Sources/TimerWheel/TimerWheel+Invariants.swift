extension TimerWheel {
    /// Looks for damage: O(slots + entries). For tests.
    ///
    /// - Returns: a sentence about the first rule that does not hold, or `nil` when all do.
    package func brokenInvariant() -> String? {
        var live = 0
        for slot in slots.indices {
            let level = slot / WheelGeometry.slotsPerLevel
            let bit: UInt64 = 1 << UInt64(slot % WheelGeometry.slotsPerLevel)
            if (slots[slot].head != WheelRow.none) != (occupied[level] & bit != 0) {
                return "slot \(slot): occupancy bit and list disagree"
            }
            var previous = WheelRow.none
            var index = slots[slot].head
            while index != WheelRow.none {
                let row = rows[Int(index)]
                if row.place != slot || row.previous != previous { return "row \(index): wrong place or link" }
                if row.tick < elapsed || WheelGeometry.slot(of: row.tick, at: elapsed) != slot {
                    return "row \(index): tick \(row.tick) does not belong to slot \(slot) at \(elapsed)"
                }
                if level == 0, unsorted & bit == 0, previous != WheelRow.none,
                    rows[Int(previous)].order > row.order
                {
                    return "row \(index): out of order in a slot taken as sorted"
                }
                previous = index
                index = row.next
                live += 1
            }
            if slots[slot].tail != previous { return "slot \(slot): wrong tail" }
        }
        for level in occupied.indices where (occupied[level] != 0) != (occupiedLevels & (1 << UInt64(level)) != 0) {
            return "level \(level): occupancy bits disagree"
        }
        if unsorted & ~occupied[0] != 0 { return "an empty slot is taken as unsorted" }
        if unsorted & (1 << UInt64(elapsed & 63)) != 0 { return "the slot of the wheel's own time is unsorted" }
        for (position, index) in overdue.enumerated() {
            let row = rows[Int(index)]
            if row.place != WheelRow.overdue || row.previous != position { return "row \(index): wrong heap position" }
            if row.tick > elapsed { return "row \(index): overdue ahead of time" }
            if position > 0, precedes(index, overdue[(position - 1) / 2]) { return "row \(index): before its parent" }
        }
        live += overdue.count
        var freeRows = 0
        var index = firstFree
        while index != WheelRow.none, freeRows <= rows.count {
            if rows[Int(index)].place != WheelRow.free { return "row \(index): in use and on the free list" }
            if values[Int(index)] != nil { return "row \(index): free and holding a value" }
            freeRows += 1
            index = rows[Int(index)].next
        }
        if live != entryCount || live + freeRows != rows.count || values.count != rows.count {
            return "\(live) live and \(freeRows) free of \(rows.count) rows, count \(entryCount)"
        }
        return nil
    }
}
