/// The overdue entries: a binary heap of row indices; each row knows its position, so that it can be removed.
extension TimerWheel {
    @inlinable
    mutating func appendOverdue(_ index: UInt32) {
        rows[Int(index)].place = WheelRow.overdue
        overdue.append(index)
        siftUp(overdue.count - 1)
    }

    @inlinable
    mutating func removeOverdue(_ index: UInt32) {
        let position = Int(rows[Int(index)].previous)
        let last = overdue.removeLast()
        guard last != index else { return }
        setOverdue(last, at: position)
        siftDown(position)
        siftUp(position)
    }

    @inlinable
    mutating func setOverdue(_ index: UInt32, at position: Int) {
        overdue[position] = index
        rows[Int(index)].previous = UInt32(truncatingIfNeeded: position)
    }

    @inlinable
    mutating func siftUp(_ start: Int) {
        let index = overdue[start]
        var position = start
        while position > 0 {
            let parent = (position - 1) / 2
            guard precedes(index, overdue[parent]) else { break }
            setOverdue(overdue[parent], at: position)
            position = parent
        }
        setOverdue(index, at: position)
    }

    @inlinable
    mutating func siftDown(_ start: Int) {
        let index = overdue[start]
        var position = start
        while true {
            var child = 2 * position + 1
            guard child < overdue.count else { break }
            if child + 1 < overdue.count, precedes(overdue[child + 1], overdue[child]) { child += 1 }
            guard precedes(overdue[child], index) else { break }
            setOverdue(overdue[child], at: position)
            position = child
        }
        setOverdue(index, at: position)
    }
}
