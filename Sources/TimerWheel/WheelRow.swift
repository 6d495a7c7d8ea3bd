/// One entry of the slab, without its value.
@usableFromInline
struct WheelRow: Sendable {
    /// Stands for "no row" in every link.
    @usableFromInline static let none = UInt32.max
    /// `place` of a row that is on the free list.
    @usableFromInline static let free = UInt32.max
    /// `place` of a row that is in the overdue heap.
    @usableFromInline static let overdue = UInt32.max - 1

    @usableFromInline var tick: Int64
    @usableFromInline var order: Int64
    /// Neighbour towards the head of the slot's list; in the heap, the row's position there.
    @usableFromInline var previous = WheelRow.none
    /// Neighbour towards the tail of the slot's list; on the free list, the next free row.
    @usableFromInline var next = WheelRow.none
    /// Counts how often the row has been freed.
    @usableFromInline var generation: UInt32 = 0
    /// The slot whose list the row is in, or one of the two constants above.
    @usableFromInline var place = WheelRow.free

    @inlinable
    init(tick: Int64, order: Int64) {
        self.tick = tick
        self.order = order
    }
}

/// The two ends of a slot's list.
@usableFromInline
struct WheelSlot: Sendable {
    @usableFromInline var head: UInt32
    @usableFromInline var tail: UInt32

    @inlinable
    init(head: UInt32, tail: UInt32) {
        self.head = head
        self.tail = tail
    }

    @inlinable
    static var empty: WheelSlot { WheelSlot(head: WheelRow.none, tail: WheelRow.none) }
}
