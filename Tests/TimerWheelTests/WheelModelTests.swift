import TestSupport
import Testing
import TimerWheel

@Suite("The wheel behaves as a sorted array")
struct WheelModelTests {
    /// Spans around which ticks are drawn: within a slot, a level, several levels, and everything.
    static let spans: [Int64] = [3, 70, 4_200, 300_000, 20_000_000, 1 << 40]

    @Test(arguments: 0..<120)
    func `the wheel equals a sorted array under random operations, with the clock set back and forth`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var now = Int64.random(in: -5_000...5_000_000, using: &random)
        var model = WheelModel(now: now)
        var order: Int64 = 0
        for _ in 0..<400 {
            let span = Self.spans.randomElement(using: &random)!
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<45:
                order += 1
                model.insert(tick: now + Int64.random(in: -span / 4...span, using: &random), order: order)
            case 45..<60:
                // An order between those there are, as a page loaded late brings it.
                order += 1
                let early = Int64.random(in: 0...order, using: &random) - (1 << 40) * order
                model.insert(tick: now + Int64.random(in: -2...3, using: &random), order: early)
            case 60..<72:
                if !model.entries.isEmpty { model.remove(at: Int.random(in: model.entries.indices, using: &random)) }
            case 72..<96:
                now += Int64.random(in: 0...span, using: &random)
                let limit = Bool.random(using: &random) ? .max : Int.random(in: 0...5, using: &random)
                model.expire(through: now, limit: limit)
            default:
                now -= Int64.random(in: 0...span, using: &random)
                model.expire(through: now, limit: Int.random(in: 0...20, using: &random))
            }
            if model.failure != nil { break }
        }
        model.expire(through: .max, limit: .max)
        #expect(model.failure == nil, "seed \(seed)")
        #expect(model.wheel.isEmpty, "seed \(seed)")
    }

    @Test(arguments: 0..<40)
    func `woken at nextWake alone, the wheel hands out everything at its very tick`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let start = Int64.random(in: 0...2_000_000_000_000, using: &random)
        var wheel = TimerWheel<Int64>(now: start)
        for order in 0..<300 {
            let tick = start + Int64.random(in: 0...Self.spans.randomElement(using: &random)!, using: &random)
            wheel.insert(tick: tick, order: Int64(order), value: tick)
        }
        var wakes = 0
        while let wake = wheel.nextWake {
            wheel.expire(through: wake, limit: .max) { _, tick in #expect(tick == wake, "seed \(seed)") }
            wakes += 1
        }
        #expect(wheel.isEmpty)
        #expect(wakes <= 300 * 11, "an entry costs at most one wake for each level; seed \(seed)")
    }

    @Test func `the wheel equals a sorted array for every small layout around each border between levels`() {
        let borders: [Int64] = [1, 64, 4_096, 262_144, 16_777_216, 1 << 60]
        let steps: [Int64] = [-2, -1, 0, 1, 2]
        for border in borders {
            for now in steps.map({ border + $0 }) {
                for first in steps {
                    for second in steps {
                        for pause in steps {
                            var model = WheelModel(now: now)
                            model.insert(tick: border + first, order: 2)
                            model.insert(tick: border + second, order: 1)
                            model.insert(tick: 2 * border + first, order: 3)
                            model.expire(through: border + pause, limit: 1)
                            model.insert(tick: border + second, order: 0)
                            model.expire(through: border + pause, limit: .max)
                            model.expire(through: 2 * border + pause, limit: .max)
                            model.expire(through: 2 * border + 2, limit: .max)
                            #expect(
                                model.failure == nil && model.wheel.isEmpty,
                                "border \(border), now \(now), steps \(first) \(second) \(pause): \(model.failure ?? "left over")"
                            )
                        }
                    }
                }
            }
        }
    }

    @Test func `the wheel equals a sorted array for every tick from every time, stepped through one by one`() {
        for now in Int64(4_030)...4_100 {
            var wheel = TimerWheel<Int64>(now: now)
            for tick in now...(now + 200) { wheel.insert(tick: tick, order: -tick, value: tick) }
            for tick in now...(now + 200) {
                #expect(wheel.nextWake.map { $0 <= tick } == true)
                var seen: [Int64] = []
                wheel.expire(through: tick, limit: .max) { seen.append($1) }
                #expect(seen == [tick])
            }
            #expect(wheel.isEmpty)
        }
    }

    @Test func `the wheel holds the first and last of all ticks`() {
        for now in [Int64.min, -1, 0, .max] {
            var model = WheelModel(now: now)
            for (order, tick) in [Int64.max, .min, 0, -1, .max - 1, .min + 1].enumerated() {
                model.insert(tick: tick, order: Int64(order))
            }
            for through in [Int64.min, -1, 0, .max - 1, .max] { model.expire(through: through, limit: .max) }
            #expect(model.failure == nil && model.wheel.isEmpty, "now \(now)")
        }
    }
}
