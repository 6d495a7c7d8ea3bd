/// A hierarchical timing wheel: values that fall due at a tick, handed out in (tick, order) order.
///
/// After Varghese & Lauck, "Hashed and Hierarchical Timing Wheels" (SOSP 1987), in the form where the level of an
/// entry is the highest base-64 digit in which its tick differs from the wheel's own time. Eleven levels of 64 slots
/// cover every `Int64`, so no tick is too far away. What a tick means is the caller's choice; the wheel has no clock
/// and is told the time by ``expire(through:limit:_:)``.
///
/// Entries are rows in a slab that is reused through a free list, and slots are lists linked by row index: once the
/// capacity is there, nothing is allocated or reference counted per entry but the value itself. A row takes 32 bytes
/// beside its value.
///
/// Two kinds of entries are due already: those in the slot of the wheel's own time, which is kept sorted, and those
/// that came too late for their slot, which wait in a binary heap. Both are looked at again in each call, so a clock
/// that is set back hands out nothing early.
///
/// A value type without any locking; at most 2³² − 1 entries at a time.
public struct TimerWheel<Value> {
    /// Names one entry, for as long as it is in the wheel. A handle that outlives its entry is recognised as stale.
    public struct Handle: Hashable, Sendable {
        @usableFromInline let index: UInt32
        @usableFromInline let generation: UInt32

        @inlinable
        init(index: UInt32, generation: UInt32) {
            self.index = index
            self.generation = generation
        }
    }

    /// The wheel's own time: every slot before it is empty. Never moves backwards.
    @usableFromInline var elapsed: Int64
    @usableFromInline var rows: ContiguousArray<WheelRow> = []
    /// The value of each row; `nil` in free rows.
    @usableFromInline var values: ContiguousArray<Value?> = []
    /// Head of the list of free rows, linked by `next`.
    @usableFromInline var firstFree = WheelRow.none
    @usableFromInline var entryCount = 0

    /// All slots, level by level.
    @usableFromInline var slots = ContiguousArray(repeating: WheelSlot.empty, count: WheelGeometry.slotCount)
    /// One bit for each slot of a level that is not empty.
    @usableFromInline var occupied = ContiguousArray<UInt64>(repeating: 0, count: WheelGeometry.levelCount)
    /// One bit for each level that is not empty.
    @usableFromInline var occupiedLevels: UInt64 = 0
    /// One bit for each slot of level 0 that was not filled in order. Never set for the slot of `elapsed`.
    @usableFromInline var unsorted: UInt64 = 0
    /// Row indices as a binary heap by (tick, order); none has a tick later than `elapsed`.
    @usableFromInline var overdue: ContiguousArray<UInt32> = []
    /// Kept between calls for its capacity.
    @usableFromInline var sortBuffer: ContiguousArray<UInt32> = []

    /// An empty wheel whose own time is `now`.
    public init(now: Int64) {
        elapsed = now
    }

    /// The number of entries.
    @inlinable
    public var count: Int { entryCount }

    /// Adds `value`, due at `tick`; `order` decides between entries of one tick and should differ among them.
    ///
    /// Any tick will do, also one in the past. O(1); O(log n) in the number of overdue entries when the entry came
    /// too late for its slot.
    @inlinable
    @discardableResult
    public mutating func insert(tick: Int64, order: Int64, value: Value) -> Handle {
        let index: UInt32
        if firstFree == WheelRow.none {
            precondition(rows.count < Int(WheelRow.none), "a timer wheel holds at most 2^32 - 1 entries")
            index = UInt32(truncatingIfNeeded: rows.count)
            rows.append(WheelRow(tick: tick, order: order))
            values.append(value)
        } else {
            index = firstFree
            let row = Int(index)
            firstFree = rows[row].next
            rows[row].tick = tick
            rows[row].order = order
            values[row] = value
        }
        entryCount += 1
        place(index)
        return Handle(index: index, generation: rows[Int(index)].generation)
    }

    /// Takes an entry out before it is due.
    ///
    /// O(1), or O(log n) in the number of overdue entries when it is one of them.
    /// - Returns: its value, or `nil` for a stale handle.
    @inlinable
    @discardableResult
    public mutating func remove(_ handle: Handle) -> Value? {
        contains(handle) ? take(handle.index) : nil
    }

    /// The value of an entry, or `nil` for a stale handle.
    @inlinable
    public func value(of handle: Handle) -> Value? {
        contains(handle) ? values[Int(handle.index)] : nil
    }

    /// Whether the entry is still in the wheel.
    @inlinable
    public func contains(_ handle: Handle) -> Bool {
        let index = Int(handle.index)
        return index < rows.count && rows[index].generation == handle.generation && rows[index].place != WheelRow.free
    }

    /// Calls `body` for every entry, in no particular order.
    @inlinable
    public func forEach(_ body: (_ handle: Handle, _ tick: Int64, _ order: Int64, _ value: Value) -> Void) {
        for (index, row) in rows.enumerated() where row.place != WheelRow.free {
            guard let value = values[index] else { continue }
            let handle = Handle(index: UInt32(truncatingIfNeeded: index), generation: row.generation)
            body(handle, row.tick, row.order, value)
        }
    }

    /// Takes an entry out of its slot or the heap and frees its row.
    @inlinable
    mutating func take(_ index: UInt32) -> Value? {
        if rows[Int(index)].place == WheelRow.overdue {
            removeOverdue(index)
        } else {
            unlink(index)
        }
        entryCount -= 1
        return free(index)
    }

    /// Gives a row back to the free list; its handle is stale from here on.
    @inlinable
    @discardableResult
    mutating func free(_ index: UInt32) -> Value? {
        let row = Int(index)
        let value = values[row].take()
        rows[row].generation &+= 1
        rows[row].place = WheelRow.free
        rows[row].next = firstFree
        firstFree = index
        return value
    }
}

extension TimerWheel: Sendable where Value: Sendable {}
