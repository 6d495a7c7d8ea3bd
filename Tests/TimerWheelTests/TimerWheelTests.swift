import Testing
import TimerWheel

@Suite("The wheel")
struct TimerWheelTests {
    private func expired(_ wheel: inout TimerWheel<String>, through now: Int64, limit: Int = .max) -> [String] {
        var values: [String] = []
        wheel.expire(through: now, limit: limit) { values.append($1) }
        return values
    }

    @Test func `the wheel hands out an entry at its tick and not before`() {
        var wheel = TimerWheel<String>(now: 100)
        wheel.insert(tick: 5_000, order: 0, value: "a")
        #expect(expired(&wheel, through: 4_999) == [])
        #expect(expired(&wheel, through: 5_000) == ["a"])
        #expect(wheel.isEmpty)
    }

    @Test func `the wheel orders due entries by tick, then by order, whenever they were inserted`() {
        var wheel = TimerWheel<String>(now: 0)
        wheel.insert(tick: 70, order: 9, value: "70/9")
        wheel.insert(tick: 70, order: 3, value: "70/3")
        #expect(expired(&wheel, through: 100, limit: 1) == ["70/3"])
        wheel.insert(tick: 70, order: 4, value: "70/4")
        wheel.insert(tick: 20, order: 8, value: "20/8")
        wheel.insert(tick: 90, order: 1, value: "90/1")
        wheel.insert(tick: 70, order: 12, value: "70/12")
        #expect(expired(&wheel, through: 100, limit: 2) == ["20/8", "70/4"])
        wheel.insert(tick: 20, order: 7, value: "20/7")
        #expect(expired(&wheel, through: 100) == ["20/7", "70/9", "70/12", "90/1"])
    }

    @Test func `when the clock is set back, the rest is judged by the time of each call`() {
        var wheel = TimerWheel<String>(now: 0)
        for order in 0..<3 { wheel.insert(tick: 500, order: Int64(order), value: "500/\(order)") }
        #expect(expired(&wheel, through: 600, limit: 1) == ["500/0"])
        #expect(expired(&wheel, through: 499) == [])
        wheel.insert(tick: 450, order: 9, value: "450/9")
        wheel.insert(tick: 499, order: 9, value: "499/9")
        #expect(wheel.nextWake == 450)
        #expect(expired(&wheel, through: 450) == ["450/9"])
        #expect(wheel.nextWake == 499)
        #expect(expired(&wheel, through: 500) == ["499/9", "500/1", "500/2"])
    }

    @Test func `the wheel knows the tick of the earliest entry exactly when it is near or overdue`() {
        var wheel = TimerWheel<String>(now: 1_000)
        #expect(wheel.nextWake == nil)
        wheel.insert(tick: 9_000, order: 0, value: "far")
        #expect(wheel.nextWake == 8_192)
        wheel.insert(tick: 1_010, order: 1, value: "near")
        #expect(wheel.nextWake == 1_010)
        let overdue = wheel.insert(tick: 3, order: 2, value: "overdue")
        #expect(wheel.nextWake == 3)
        wheel.remove(overdue)
        #expect(wheel.nextWake == 1_010)
        #expect(expired(&wheel, through: 8_192) == ["near"])
        #expect(wheel.nextWake == 8_960)
    }

    @Test func `handles of entries that are gone are stale, also when their rows are used again`() {
        var wheel = TimerWheel<String>(now: 0)
        let removed = wheel.insert(tick: 10, order: 0, value: "removed")
        #expect(wheel.remove(removed) == "removed")
        let expiredOne = wheel.insert(tick: 5, order: 1, value: "expired")
        #expect(expired(&wheel, through: 5) == ["expired"])
        let kept = wheel.insert(tick: 10, order: 2, value: "kept")
        for stale in [removed, expiredOne] {
            #expect(!wheel.contains(stale))
            #expect(wheel.value(of: stale) == nil)
            #expect(wheel.remove(stale) == nil)
        }
        #expect(wheel.value(of: kept) == "kept")
        #expect(wheel.count == 1)
    }

    @Test func `the wheel shows every entry with its tick and order`() {
        var wheel = TimerWheel<String>(now: 50)
        let gone = wheel.insert(tick: 55, order: 1, value: "gone")
        var expected: Set<String> = []
        for (order, tick) in [-3, 50, 51, 5_000].enumerated() {
            let handle = wheel.insert(tick: Int64(tick), order: Int64(order), value: "v\(order)")
            expected.insert("\(handle) \(tick) \(order) v\(order)")
        }
        wheel.remove(gone)
        var seen: Set<String> = []
        wheel.forEach { handle, tick, order, value in seen.insert("\(handle) \(tick) \(order) \(value)") }
        #expect(seen == expected)
    }

    @Test func `values are released when their entries leave`() {
        final class Probe {}
        weak var first: Probe?
        weak var second: Probe?
        var wheel = TimerWheel<Probe>(now: 0)
        do {
            let probes = (Probe(), Probe())
            (first, second) = probes
            let handle = wheel.insert(tick: 1, order: 0, value: probes.0)
            wheel.insert(tick: 2, order: 0, value: probes.1)
            wheel.remove(handle)
        }
        #expect(first == nil && second != nil)
        wheel.expire(through: 2, limit: .max) { _, _ in }
        #expect(second == nil)
    }

    @Test func `a burst is handed out in small parts, in order, while late entries keep coming`() {
        let size: Int64 = 200_000
        var wheel = TimerWheel<Int64>(now: 0)
        for order in 0..<size { wheel.insert(tick: 1_000, order: order * 2, value: order * 2) }
        var last: Int64 = -1
        var inOrder = true
        var total = 0
        while !wheel.isEmpty {
            total += wheel.expire(through: 1_000, limit: 1_000) { _, order in
                inOrder = inOrder && order > last
                last = order
            }
            // Odd orders somewhere ahead of what has been handed out: between the rows of the burst.
            let late = last + 1 + 2 * (last % 977)
            if late < 2 * size { wheel.insert(tick: 1_000, order: late, value: late) }
        }
        #expect(inOrder)
        #expect(total > Int(size))
    }
}
