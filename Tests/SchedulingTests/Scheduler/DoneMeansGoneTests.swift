import Testing

@testable import Scheduling

/// Design rule "Done means gone": a delivery acknowledged, and its timeline item is deleted.
@Suite struct DoneMeansGoneTests {
    @Test func `An acknowledgement deletes the timeline item and leaves the key record as it is`() {
        var script = Script.running()
        script.create("a", 0, due: 50)
        script.settleStore()
        #expect(script.timeline == [0])
        script.time(50)
        #expect(script.storeCalls.isEmpty)
        script.acknowledge()
        let position = Position(time: EpochMilliseconds(rawValue: Script.start + 50), offset: 0)
        #expect(script.changes == [KeyChange(key: ScheduleKey(clientID: "c", scheduleKey: "a"), deletes: [position])])
        script.settleStore()
        #expect(script.timeline.isEmpty)
        #expect(script.scheduler.table.count == 0)
    }

    @Test func `Without a timeline item the key record is written after the acknowledgement, not before`() {
        var script = Script.running()
        script.create("a", 0, due: 0)
        script.answerLookUps()
        #expect(script.storeCalls.isEmpty)
        script.acknowledge()
        let schedule = Script.schedule("a", 0, due: 0)
        #expect(script.changes == [KeyChange(key: schedule.key, record: KeyRecord(latest: schedule))])
    }

    @Test func `A delivery that failed leaves a record that says so, once the dead letter is acknowledged`() {
        var script = Script.running()
        script.create("a", 0, due: 50)
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
        script.create("a", 0, due: 50)
        script.settleStore()
        script.time(50)
        var next = Script(from: 1, end: 1, store: script.store)
        next.time(50)
        next.settleStore()
        #expect(next.handedOut == [0])
    }

    @Test func `The time of the latest acknowledged delivery is known`() {
        var script = Script.running()
        script.read(Script.create("a", 0, due: 10), Script.create("b", 1, due: 20))
        script.time(20)
        #expect(script.scheduler.executedUpTo == nil)
        script.acknowledge(1)
        #expect(script.scheduler.executedUpTo?.rawValue == Script.start + 20)
        script.acknowledge(0)
        #expect(script.scheduler.executedUpTo?.rawValue == Script.start + 20)
    }
}
