import Testing

@testable import Scheduling

/// What may be attempted behind a callback with `"ordered": true`. Callbacks are named by the offsets of their creates.
@Suite struct CallbackOrderTests {
    /// An order and the schedules that were put through it.
    private struct Line {
        var order: CallbackOrder<Int64>
        var schedules: [Int64: Schedule] = [:]

        init(_ change: (inout CallbackOrder<Int64>.Limits) -> Void = { _ in }) {
            var limits = CallbackOrder<Int64>.Limits()
            change(&limits)
            order = CallbackOrder(limits: limits)
        }

        /// Hands out the create at `offset` for the first time.
        mutating func admit(
            _ offset: Int64,
            due: Int64,
            ordered: Bool = false,
            key: String? = nil,
            orderingKey: String = "o",
            bytes: Int = 1,
            now: Int64? = nil
        ) -> [Step] {
            let schedule = Schedule.callback(
                offset,
                due: due,
                ordered: ordered,
                key: key,
                orderingKey: orderingKey,
                bytes: bytes
            )
            return admit(schedule, now: now ?? due)
        }

        /// Hands out the create at `offset` again at `time`.
        mutating func again(_ offset: Int64, at time: Int64) -> [Step] {
            guard let schedule = schedules[offset] else { return [] }
            return admit(schedule.putOff(to: EpochMilliseconds(rawValue: time)), now: time)
        }

        private mutating func admit(_ schedule: Schedule, now: Int64) -> [Step] {
            schedules[schedule.position.offset] = schedule
            return order.admit(schedule, schedule.position.offset, now: EpochMilliseconds(rawValue: now)).map(Step.init)
        }

        mutating func end(_ offset: Int64) -> [Step] {
            schedules[offset].map { order.ended($0).map(Step.init) } ?? []
        }

        /// The create at `offset` is put off, and the scheduler knows it.
        mutating func putOff(_ offset: Int64, to time: Int64) -> [Step] {
            guard let schedule = schedules[offset] else { return [] }
            let steps = order.putOff(schedule, to: EpochMilliseconds(rawValue: time)).map(Step.init)
            takeOutcomes()
            return steps
        }

        /// As often as it takes for the scheduler to know of everything.
        mutating func takeOutcomes() {
            order.outcomeTaken()
            order.outcomeTaken()
        }
    }

    /// A decision that can be compared.
    private enum Step: Equatable {
        case attempt(Int64)
        case putOff(Int64, to: Int64)

        init(_ decision: CallbackOrder<Int64>.Decision) {
            switch decision {
            case .attempt(let offset): self = .attempt(offset)
            case .putOff(let offset, let time): self = .putOff(offset, to: time.rawValue)
            }
        }
    }

    @Test func `What comes behind one that is in hand waits until it has ended`() {
        var line = Line()
        #expect(line.admit(0, due: 10, ordered: true) == [.attempt(0)])
        #expect(line.admit(1, due: 20) == [])
        #expect(line.order.waitingCount == 1)
        #expect(line.end(0) == [.attempt(1)])
        #expect(line.order.holderCount == 0)
        #expect(line.order.waitingCount == 0)
        #expect(line.order.waitingBytes == 0)
    }

    @Test func `Those that are not ordered do not wait for each other`() {
        var line = Line()
        #expect(line.admit(0, due: 10) == [.attempt(0)])
        #expect(line.admit(1, due: 20) == [.attempt(1)])
        #expect(line.end(0) == [])
        #expect(line.order.holderCount == 0)
    }

    @Test func `Other ordering keys do not wait, nor do earlier creates`() {
        var line = Line()
        #expect(line.admit(0, due: 10, ordered: true) == [.attempt(0)])
        #expect(line.admit(1, due: 20, orderingKey: "other") == [.attempt(1)])
        #expect(line.admit(2, due: 5, now: 20) == [.attempt(2)])
    }

    @Test func `Waiting ones are released in the order of their creates, up to the next that is ordered`() {
        var line = Line()
        _ = line.admit(0, due: 10, ordered: true)
        #expect(line.admit(3, due: 40) == [])
        #expect(line.admit(2, due: 30, ordered: true, now: 40) == [])
        #expect(line.admit(1, due: 20, now: 40) == [])
        #expect(line.end(0) == [.attempt(1), .attempt(2)])
        #expect(line.end(1) == [])
        #expect(line.end(2) == [.attempt(3)])
    }

    @Test func `Those that wait are put off right behind a retry, in order`() {
        var line = Line()
        _ = line.admit(0, due: 10, ordered: true)
        _ = line.admit(2, due: 20, ordered: true)
        _ = line.admit(1, due: 30)
        #expect(line.putOff(0, to: 500) == [.putOff(2, to: 500), .putOff(1, to: 501)])
        #expect(line.order.waitingCount == 0)
        #expect(line.again(0, at: 500) == [.attempt(0)])
        #expect(line.again(2, at: 500) == [])
        #expect(line.again(1, at: 501) == [])
        #expect(line.end(0) == [.attempt(2)])
        #expect(line.end(2) == [.attempt(1)])
    }

    @Test func `What is due before a retry is put off behind it and behind what was put off before`() {
        var line = Line()
        _ = line.admit(5, due: 10, ordered: true)
        _ = line.putOff(5, to: 500)
        #expect(line.admit(6, due: 20) == [.putOff(6, to: 500)])
        #expect(line.admit(7, due: 30) == [.putOff(7, to: 500)])
        #expect(line.admit(4, due: 40) == [.putOff(4, to: 501)])
        #expect(line.admit(8, due: 50) == [.putOff(8, to: 501)])
    }

    @Test func `A retry is due at least a millisecond later than before`() {
        var line = Line()
        _ = line.admit(0, due: 1_000, ordered: true)
        _ = line.putOff(0, to: 500)
        #expect(line.admit(1, due: 900, ordered: true, now: 1_000) == [.attempt(1)])
        #expect(line.admit(2, due: 1_000) == [.putOff(2, to: 1_001)])
    }

    @Test func `One that was cancelled between attempts holds nothing once a later position is handed out`() {
        var line = Line()
        _ = line.admit(0, due: 10, ordered: true)
        _ = line.admit(1, due: 20)
        #expect(line.putOff(0, to: 500) == [.putOff(1, to: 500)])
        #expect(line.again(1, at: 500) == [.attempt(1)])
        #expect(line.order.holderCount == 0)
    }

    @Test func `One that was replaced between attempts holds nothing once its successor is handed out`() {
        var line = Line()
        _ = line.admit(0, due: 10, ordered: true, key: "a")
        _ = line.putOff(0, to: 500)
        #expect(line.admit(1, due: 20, ordered: true, key: "a") == [.attempt(1)])
        #expect(line.admit(2, due: 30) == [])
        #expect(line.end(1) == [.attempt(2)])
    }

    @Test func `A put-off that the scheduler may not know yet is not taken for a cancel`() {
        var line = Line()
        _ = line.admit(0, due: 10, ordered: true)
        #expect(
            line.order.putOff(Schedule.callback(0, due: 10, ordered: true), to: EpochMilliseconds(rawValue: 15)).isEmpty
        )
        #expect(line.admit(1, due: 20) == [.putOff(1, to: 21)])
        line.order.outcomeTaken()
        #expect(line.again(1, at: 21) == [.putOff(1, to: 22)])
        line.order.outcomeTaken()
        #expect(line.again(1, at: 22) == [.attempt(1)])
    }

    @Test func `One that is put off before it was admitted holds its key all the same`() {
        var line = Line()
        let first = Schedule.callback(0, due: 10, ordered: true)
        #expect(line.order.putOff(first, to: EpochMilliseconds(rawValue: 500)).isEmpty)
        line.takeOutcomes()
        #expect(line.admit(1, due: 20) == [.putOff(1, to: 500)])
    }

    @Test func `What finds no room to wait is put off by a second, in order`() {
        var line = Line { $0.maxWaiting = 1 }
        _ = line.admit(0, due: 10, ordered: true)
        #expect(line.admit(1, due: 20) == [])
        #expect(line.admit(3, due: 30, now: 30) == [.putOff(3, to: 1_030)])
        #expect(line.admit(2, due: 31, now: 30) == [.putOff(2, to: 1_031)])
        #expect(line.order.waitingCount == 1)
        #expect(line.end(0) == [.attempt(1)])
        line.takeOutcomes()
        #expect(line.again(3, at: 1_030) == [.attempt(3)])
    }

    @Test func `The payloads of those that wait are bounded`() {
        var line = Line { $0.maxWaitingBytes = 20 }
        _ = line.admit(0, due: 10, ordered: true, bytes: 1_000)
        #expect(line.admit(1, due: 20, bytes: 6) == [])
        #expect(line.admit(2, due: 20, bytes: 9) == [.putOff(2, to: 1_020)])
        #expect(line.admit(3, due: 20, bytes: 4) == [])
        #expect(line.order.waitingBytes == 10)
    }

    @Test func `A line does not fill the room alone, so others can wait`() {
        var line = Line { $0.maxWaiting = 8 }
        func fill(_ key: String, _ first: Int64) -> Int {
            #expect(line.admit(first, due: 10, ordered: true, orderingKey: key) == [.attempt(first)])
            return (1...10).count { line.admit(first + $0, due: 20, orderingKey: key).isEmpty }
        }
        #expect([fill("slow", 0), fill("other", 100), fill("third", 200)] == [4, 2, 1])
        #expect(line.end(100) == [.attempt(101), .attempt(102)])
        #expect(line.admit(201, due: 30, orderingKey: "slow") == [.putOff(201, to: 1_030)])
        var heavy = Line { $0.maxWaitingBytes = 100 }
        for (first, key) in [(0, "slow"), (100, "other")] as [(Int64, String)] {
            _ = heavy.admit(first, due: 10, ordered: true, orderingKey: key)
        }
        let waiting = (1...10).count { heavy.admit($0, due: 20, orderingKey: "slow", bytes: 10).isEmpty }
        #expect(waiting == 5)
        #expect(heavy.admit(101, due: 20, orderingKey: "other", bytes: 10) == [])
    }

    @Test func `One that finds no room to wait has those behind it put off too`() {
        var line = Line { $0.maxWaiting = 1 }
        _ = line.admit(0, due: 10, ordered: true)
        #expect(line.admit(2, due: 30) == [])
        #expect(line.admit(1, due: 20, ordered: true, now: 30) == [.putOff(1, to: 1_030), .putOff(2, to: 1_030)])
        #expect(line.end(0) == [])
        line.takeOutcomes()
        // The one in the middle was cancelled.
        #expect(line.again(2, at: 1_030) == [.attempt(2)])
    }

    @Test func `An ordered one past the bound of holders holds nothing`() {
        var line = Line { $0.maxHolders = 1 }
        #expect(line.admit(0, due: 10, ordered: true, orderingKey: "p") == [.attempt(0)])
        #expect(line.admit(1, due: 20, ordered: true) == [.attempt(1)])
        #expect(line.admit(2, due: 30) == [.attempt(2)])
        #expect(line.order.holderCount == 1)
        #expect(line.end(1) == [])
        #expect(line.order.holderCount == 1)
    }

    @Test func `Holders that are long overdue make room for others`() {
        var line = Line { $0.maxHolders = 1 }
        _ = line.admit(0, due: 10, ordered: true, orderingKey: "p")
        _ = line.putOff(0, to: 500)
        #expect(line.admit(1, due: 60_600, ordered: true) == [.attempt(1)])
        #expect(line.admit(2, due: 60_601) == [])
    }

    @Test func `An owner that drains gets back what waits, in the order of the creates`() {
        var line = Line()
        _ = line.admit(0, due: 10, ordered: true)
        _ = line.admit(1, due: 11, ordered: true, orderingKey: "p")
        _ = line.admit(2, due: 40)
        _ = line.admit(3, due: 30, orderingKey: "p", now: 40)
        _ = line.admit(4, due: 20, now: 40)
        #expect(line.order.removeAll() == [4, 3, 2])
        #expect(line.order.waitingCount == 0)
        #expect(line.order.waitingBytes == 0)
        #expect(line.order.holderCount == 0)
        #expect(line.end(0) == [])
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `Nothing overtakes a holder, nothing is lost and all goes out`(seed: UInt64) throws {
        var model = CallbackOrderModel(seed: seed)
        for _ in 0..<400 { try model.step() }
        try model.finish()
    }
}
