import TimerWheel

/// The wheel beside its plain meaning, a sorted array: each operation is done to both and compared.
struct WheelModel {
    struct Entry {
        var tick: Int64
        var order: Int64
        var handle: TimerWheel<Int64>.Handle
    }

    private(set) var wheel: TimerWheel<Int64>
    /// Sorted by (tick, order). The value of each entry is its order, which is unique.
    private(set) var entries: [Entry] = []
    /// The latest time for which everything due has been handed out.
    private var emptiedThrough: Int64
    /// The first disagreement, as a sentence.
    private(set) var failure: String?

    init(now: Int64) {
        wheel = TimerWheel(now: now)
        emptiedThrough = now
    }

    mutating func insert(tick: Int64, order: Int64) {
        let handle = wheel.insert(tick: tick, order: order, value: order)
        let place = entries.partitioningIndex { ($0.tick, $0.order) > (tick, order) }
        entries.insert(Entry(tick: tick, order: order, handle: handle), at: place)
        check()
    }

    mutating func remove(at index: Int) {
        let entry = entries.remove(at: index)
        expect(wheel.contains(entry.handle), "an entry is missing")
        expect(wheel.value(of: entry.handle) == entry.order, "another value at a handle")
        expect(wheel.remove(entry.handle) == entry.order, "another value removed")
        expect(wheel.remove(entry.handle) == nil, "removed twice")
        check()
    }

    mutating func expire(through now: Int64, limit: Int) {
        let due = entries.prefix { $0.tick <= now }.prefix(limit)
        var handedOut: [Int64] = []
        var stale = true
        let wake = wheel.nextWake
        let count = wheel.expire(through: now, limit: limit) { handle, value in
            stale = stale && entries[handedOut.count].handle == handle
            handedOut.append(value)
        }
        expect(handedOut == due.map(\.order), "at \(now): \(handedOut) instead of \(due.map(\.order))")
        expect(stale, "another handle handed out")
        expect(count == handedOut.count, "wrong count")
        if let wake, wake > now { expect(count == 0, "woke before nextWake") }
        entries.removeFirst(min(handedOut.count, entries.count))
        if count < limit { emptiedThrough = max(emptiedThrough, now) }
        if count < limit, let wake = wheel.nextWake, let first = entries.first {
            expect(wake > now, "nothing more to do at \(now), and yet to be woken at \(wake)")
            expect(wake <= first.tick, "woken after \(first.tick)")
        }
        check()
    }

    private mutating func check() {
        if let broken = wheel.brokenInvariant() { expect(false, broken) }
        expect(wheel.count == entries.count && wheel.isEmpty == entries.isEmpty, "wrong count")
        if let first = entries.first {
            guard let wake = wheel.nextWake else { return expect(false, "no wake with entries left") }
            expect(wake <= first.tick, "woken at \(wake), after \(first.tick)")
            expect(wake == first.tick || wake > emptiedThrough, "woken at \(wake), past and not the first tick")
        } else {
            expect(wheel.nextWake == nil, "woken for nothing")
        }
    }

    private mutating func expect(_ holds: Bool, _ sentence: @autoclosure () -> String) {
        if !holds, failure == nil { failure = sentence() }
    }
}

extension Array {
    /// The first index whose element is in the second half, in an array cut in two by `isInSecondHalf`.
    fileprivate func partitioningIndex(where isInSecondHalf: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isInSecondHalf(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension TimerWheel {
    /// Whether there is no entry.
    var isEmpty: Bool { count == 0 }
}
