import SimulatedStore
import Testing

@testable import Scheduling

/// Design rule "Never early, and in order".
@Suite struct NeverEarlyAndInOrderTests {
    @Test func `A schedule goes out in the millisecond it is due, not in the one before`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 50)
        script.time(49)
        #expect(script.handedOut.isEmpty)
        #expect(script.scheduler.wakeAt?.rawValue == Script.start + 50)
        script.time(50)
        #expect(script.handedOut == [0])
    }

    @Test func `Of two a millisecond apart the first does not take the second along`() {
        var script = Script.running()
        script.read(Script.create("a", offset: 0, due: 50), Script.create("b", offset: 1, due: 51))
        script.time(50)
        #expect(script.handedOut == [0])
        script.time(51)
        #expect(script.handedOut == [0, 1])
    }

    @Test func `Nothing goes out early when the clock is set back`() {
        var script = Script.running()
        script.read(Script.create("a", offset: 0, due: 50), Script.create("b", offset: 1, due: 60))
        script.time(55)
        #expect(script.handedOut == [0])
        script.time(-10_000)
        script.create("c", offset: 2, due: 40)
        script.time(39)
        #expect(script.handedOut == [0])
        script.time(40)
        #expect(script.handedOut == [0, 2])
        script.time(60)
        #expect(script.handedOut == [0, 2, 1])
    }

    @Test func `One that waited for its look-up is not early when the clock has been set back meanwhile`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 0)
        script.time(-100)
        script.answerLookUps()
        #expect(script.handedOut.isEmpty)
        script.time(0)
        #expect(script.handedOut == [0])
    }

    @Test func `What is overdue goes out in position order, not in the order of its arrival`() {
        let pending = [
            Script.schedule("a", offset: 4, due: -10), Script.schedule("b", offset: 2, due: -20),
            Script.schedule("c", offset: 3, due: -20),
        ]
        var script = Script(from: 5, end: 6, store: SimulatedStore(pending: pending))
        script.create("d", offset: 5, due: -15)
        script.settleStore()
        #expect(script.handedOut == [2, 3, 5, 4])
    }

    @Test func `Schedules of one millisecond go out by offset`() {
        var script = Script.running()
        for offset in Int64(0)..<100 { script.create("k\(offset)", offset: offset, due: 50) }
        script.time(50)
        #expect(script.handedOut == Array(0..<100))
    }

    @Test func `The limit of deliveries in flight holds the rest back in order`() {
        var limits = SchedulerLimits()
        limits.maxDeliveriesInFlight = 2
        var script = Script.running(limits: limits)
        for offset in Int64(0)..<5 { script.create("k\(offset)", offset: offset, due: 50 - offset) }
        script.time(50)
        #expect(script.handedOut == [4, 3])
        script.acknowledge(offsets: 4)
        #expect(script.handedOut == [4, 3, 2])
        script.acknowledge()
        #expect(script.handedOut == [4, 3, 2, 1, 0])
    }

    @Test func `Those released by a look-up find their place among the others that are due`() {
        var script = Script.running()
        script.create("a", offset: 0, due: -10, order: "x")
        script.create("b", offset: 1, due: -20, order: "x")
        #expect(script.lookUps.count == 2)
        script.answer(script.lookUps[0].id, [.unknown])
        #expect(script.handedOut.isEmpty)
        script.answerLookUps()
        #expect(script.handedOut == [1, 0])
    }

    @Test func `One released by a look-up does not overtake what was let go while it waited`() {
        var limits = SchedulerLimits()
        limits.maxResident = 4
        limits.maxDeliveriesInFlight = 1
        var script = Script.running(limits: limits)
        script.create("x", offset: 0, due: 5, order: "x")
        script.create("p", offset: 1, due: 0)
        script.time(5)
        for offset in Int64(2)..<7 { script.create("k\(offset)", offset: offset, due: -100) }
        #expect(script.scheduler.residentCount < 5)
        script.answerLookUps()
        for _ in 0..<10 { script.acknowledge() }
        #expect(!script.handedOut.contains(1))
        script.settleStore()
        while !script.inFlight.isEmpty {
            script.acknowledge()
            script.settleStore()
        }
        #expect(script.handedOut == [0, 2, 3, 4, 5, 6, 1])
    }
}
