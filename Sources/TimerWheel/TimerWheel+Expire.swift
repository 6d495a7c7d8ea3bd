extension TimerWheel {
    /// Removes entries due at `now` (tick ≤ `now`) and hands them to `body` in exact (tick, order) order, late ones
    /// included; at most `limit` of them. What is left stays due and comes first in the next call.
    ///
    /// `now` may be earlier than in a call before: nothing is handed out before its tick as judged by this call's
    /// `now`. Amortised O(1) per entry: it moves down at most one level at a time, never back up; O(log n) for overdue
    /// entries and within slots that were not filled in order.
    ///
    /// - Returns: the number of entries handed out; less than `limit` means that nothing else is due.
    @inlinable
    @discardableResult
    public mutating func expire(through now: Int64, limit: Int, _ body: (Handle, Value) -> Void) -> Int {
        var handedOut = 0
        while handedOut < limit, let index = nextDue(through: now) {
            let handle = Handle(index: index, generation: rows[Int(index)].generation)
            guard let value = take(index) else { preconditionFailure("row \(index) is in use and has no value") }
            handedOut += 1
            body(handle, value)
        }
        return handedOut
    }

    /// The earliest tick at which ``expire(through:limit:_:)`` may have something to do; `nil` when empty.
    ///
    /// The very tick of the earliest entry when that is overdue or in the lowest level, else the first tick of the
    /// earliest occupied slot: never later than the earliest entry. Not after `now` only while something is due at
    /// `now`, or a call has stopped at its limit. O(1), without stepping through empty slots.
    @inlinable
    public var nextWake: Int64? {
        let overdueTick = overdue.first.map { rows[Int($0)].tick }
        guard let slot = earliestSlot else { return overdueTick }
        let start = WheelGeometry.start(of: slot, at: elapsed)
        return overdueTick.map { min($0, start) } ?? start
    }

    /// The first entry in order, if it is due at `now`. Moves the wheel's own time up to it, or to `now`.
    @inlinable
    mutating func nextDue(through now: Int64) -> UInt32? {
        while true {
            let current = slots[Int(truncatingIfNeeded: elapsed) & (WheelGeometry.slotsPerLevel - 1)].head
            if let late = overdue.first, current == WheelRow.none || precedes(late, current) {
                return rows[Int(late)].tick <= now ? late : nil
            }
            guard current == WheelRow.none else { return elapsed <= now ? current : nil }
            guard advance(through: now) else { return nil }
        }
    }

    /// Moves the wheel's own time to the earliest occupied slot and opens it; to `now` if that is earlier.
    ///
    /// - Returns: whether a slot was opened.
    @inlinable
    mutating func advance(through now: Int64) -> Bool {
        guard now > elapsed else { return false }
        guard let slot = earliestSlot else {
            elapsed = now
            return false
        }
        let start = WheelGeometry.start(of: slot, at: elapsed)
        guard start <= now else {
            elapsed = now
            return false
        }
        elapsed = start
        if slot >= WheelGeometry.slotsPerLevel {
            cascade(slot)
        } else if unsorted & (1 &<< UInt64(slot)) != 0 {
            sort(slot)
        }
        return true
    }

    @inlinable
    func precedes(_ left: UInt32, _ right: UInt32) -> Bool {
        let left = rows[Int(left)]
        let right = rows[Int(right)]
        return left.tick == right.tick ? left.order < right.order : left.tick < right.tick
    }
}
