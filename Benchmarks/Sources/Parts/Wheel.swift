import Harness
import TimerWheel

/// The timer wheel with many residents, whose number stays the same while time goes on.
enum Wheel {
    static func run(_ harness: Harness) {
        for (residents, name) in [(10_000, "10 k"), (1_000_000, "1 M"), (10_000_000, "10 M")] {
            for isRandom in [false, true] {
                steady(
                    harness,
                    residents,
                    "wheel of \(name), insert and expire, times \(isRandom ? "at random" : "in order")",
                    isRandom
                )
            }
            cancel(harness, residents, "wheel of \(name), insert and cancel, times at random")
        }
    }

    /// How far ahead entries are due, in ticks.
    private static let span: Int64 = 600_000

    private static func steady(_ harness: Harness, _ residents: Int, _ name: String, _ isRandom: Bool) {
        guard harness.wants(name) else { return }
        var random = SplitMix(state: 7)
        var wheel = TimerWheel<Int32>(now: 0)
        for number in 0..<residents {
            let tick = isRandom ? 1 + Int64(random.next() % UInt64(span)) : 1 + span * Int64(number) / Int64(residents)
            _ = wheel.insert(tick: tick, order: Int64(number), value: Int32(number))
        }
        var now: Int64 = 0
        var order = Int64(residents)
        let operations = max(residents / 4, 100_000)
        harness.measure(name, operations: operations) {
            var done = 0
            while done < operations {
                // Every entry that expires makes place for one that is due later.
                now += 1
                var expired = 0
                _ = wheel.expire(through: now, limit: .max) { _, _ in expired += 1 }
                for _ in 0..<expired {
                    let ahead = isRandom ? 1 + Int64(random.next() % UInt64(span)) : span
                    order += 1
                    _ = wheel.insert(tick: now + ahead, order: order, value: 1)
                }
                done += expired
            }
        }
    }

    private static func cancel(_ harness: Harness, _ residents: Int, _ name: String) {
        guard harness.wants(name) else { return }
        var random = SplitMix(state: 7)
        var wheel = TimerWheel<Int32>(now: 0)
        for number in 0..<residents {
            _ = wheel.insert(tick: 1 + Int64(random.next() % UInt64(span)), order: Int64(number), value: 0)
        }
        let operations = 100_000
        harness.measure(name, operations: operations) {
            for number in 0..<operations {
                let tick = 1 + Int64(random.next() % UInt64(span))
                keep(wheel.remove(wheel.insert(tick: tick, order: Int64(residents + number), value: 1)))
            }
        }
    }
}

/// A small generator of numbers (Steele, Lea and Flood 2014), the same ones every time.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
