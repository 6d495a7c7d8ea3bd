import SimulatedStore
import Testing

@testable import Scheduling

/// Design rule "Done means gone": a delivery acknowledged, and its timeline item is deleted.
@Suite struct DoneMeansGoneTests {
    @Test func `An acknowledgement deletes the timeline item and leaves the key record as it is`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 50)
        script.settleStore()
        #expect(script.timeline == [0])
        script.time(50)
        #expect(script.storeCalls.isEmpty)
        script.acknowledge()
        let position = Position(time: EpochMilliseconds(rawValue: Script.start + 50), offset: 0)
        #expect(script.changes == [KeyChange(key: ScheduleKey(clientID: "c", scheduleKey: "a"), deletes: [position])])
        script.settleStore()
        #expect(script.timeline.isEmpty)
        #expect(script.scheduler.keys.table.count == 0)
    }

    @Test func `Without a timeline item the key record is written after the acknowledgement, not before`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 0)
        script.answerLookUps()
        #expect(script.storeCalls.isEmpty)
        script.acknowledge()
        let schedule = Script.schedule("a", offset: 0, due: 0)
        #expect(script.changes == [KeyChange(key: schedule.key, record: KeyRecord(latest: schedule))])
    }

    @Test func `A delivery that failed leaves a record that says so, once the dead letter is acknowledged`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 50)
        script.settleStore()
        script.time(50)
        script.fail()
        script.settleStore()
        #expect(script.record("a")?.state == .latest)
        #expect(script.timeline == [0])
        script.acknowledgeDeadLetters()
        script.settleStore()
        #expect(script.record("a")?.state == .failed)
        #expect(script.timeline.isEmpty)
        #expect(script.scheduler.counters.failed == 1)
        #expect(script.scheduler.bytesInMemory == 0)
    }

    @Test func `A delivery that was not acknowledged is there again after a crash`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 50)
        script.settleStore()
        script.time(50)
        var next = Script(from: 1, end: 1, store: script.store)
        next.time(50)
        next.settleStore()
        #expect(next.handedOut == [0])
    }

    @Test func `The time of the latest acknowledged delivery is known`() {
        var script = Script.running()
        script.read(Script.create("a", offset: 0, due: 10), Script.create("b", offset: 1, due: 20))
        script.time(20)
        #expect(script.scheduler.executedUpTo == nil)
        script.acknowledge(offsets: 1)
        #expect(script.scheduler.executedUpTo?.rawValue == Script.start + 20)
        script.acknowledge(offsets: 0)
        #expect(script.scheduler.executedUpTo?.rawValue == Script.start + 20)
    }

    @Test func `A stored request that no page has shown is deleted once delivered`() {
        // The owner before had sent it; it arrived after the page was read.
        var script = Script(from: 0, end: 1)
        script.loadPage()
        script.store = SimulatedStore(pending: [Script.schedule("a", offset: 0, due: -10)])
        script.create("a", offset: 0, due: -10)
        script.settleStore()
        #expect(script.handedOut == [0])
        script.acknowledge()
        script.settleStore()
        #expect(script.timeline.isEmpty)
    }

    @Test func `A stored request is deleted also where the store tells of it only while it is being delivered`() {
        var script = Script(from: 0, end: 1)
        script.loadPage()
        script.store = SimulatedStore(pending: [Script.schedule("a", offset: 0, due: 20_000)])
        script.create("a", offset: 0, due: 20_000)
        script.time(20_000)
        script.delayCatchUp()
        #expect(script.handedOut == [0])
        script.answerLookUps()
        script.acknowledge()
        script.settleStore()
        #expect(script.timeline.isEmpty)
    }

    @Test func `A write that was not sent before the delivery is not sent after it`() {
        var limits = SchedulerLimits()
        limits.maxStoreCallsInFlight = 1
        var script = Script.running(limits: limits)
        script.create("other", offset: 0, due: 700_000)
        script.answerLookUps()
        script.create("a", offset: 1, due: 50)
        script.answerLookUps()
        script.time(50)
        script.acknowledge()
        script.settleStore()
        #expect(script.timeline == [0])
    }

    @Test(arguments: [true, false])
    func `What stands at the same position in another partition is none of this one's`(isCancelled: Bool) {
        let neighbour = Script.schedule("b", offset: 1, due: 700_000)
        let pending = Script.schedule("a", offset: 1, due: 700_000)
        var elsewhere = KeyRecord(latest: pending)
        elsewhere.partition = 9
        var store = SimulatedStore(pending: [neighbour])
        store.apply([KeyChange(key: pending.key, put: pending, record: elsewhere)], partition: 9)
        var script = Script(from: 2, end: 2, store: store)
        script.loadPage()
        script.read(isCancelled ? Script.cancel("a", offset: 2) : Script.create("a", offset: 2, due: 800_000))
        script.settleStore()
        #expect(script.timeline.first == 1)
    }
}
