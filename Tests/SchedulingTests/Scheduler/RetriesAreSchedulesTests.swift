import SimulatedStore
import Testing

@testable import Scheduling

/// Design rule "Retries are schedules": a failed attempt is a pending schedule again, of the same create.
@Suite struct RetriesAreSchedulesTests {
    private static func position(_ delay: Int64, _ offset: Int64) -> Position {
        Position(time: EpochMilliseconds(rawValue: Script.start + delay), offset: offset)
    }

    /// A callback stored, due at 50 and handed out.
    private static func attempted() -> Script {
        var script = Script.running()
        script.call("a", offset: 0, due: 50)
        script.settleStore()
        script.time(50)
        return script
    }

    @Test func `A failed attempt is written before its old item is deleted, in one change`() {
        var script = Self.attempted()
        script.putOff(to: 900)
        let retry = Retry(
            scheduleTime: EpochMilliseconds(rawValue: Script.start + 50),
            attempt: 2,
            failure: "answered 503"
        )
        let next = Script.schedule("a", offset: 0, due: 50, target: Script.callback).again(
            at: EpochMilliseconds(rawValue: Script.start + 900),
            retry: retry
        )
        let change = KeyChange(
            key: next.key,
            put: next,
            record: KeyRecord(latest: next),
            deletes: [Self.position(50, 0)]
        )
        #expect(script.changes == [change])
        script.settleStore()
        #expect(script.timeline == [0])
        #expect(script.record("a")?.scheduleTime == retry.scheduleTime)
    }

    @Test func `The next attempt goes out when it is due, with the number and the time of its create`() {
        var script = Self.attempted()
        script.putOff(to: 900)
        script.settleStore()
        script.time(899)
        #expect(script.handedOut == [0])
        script.time(900)
        #expect(script.handedOut == [0, 0])
        let schedule = script.inFlight.first?.schedule
        #expect(schedule?.attempt == 2)
        #expect(schedule?.origin == Self.position(50, 0))
        script.acknowledge()
        script.settleStore()
        #expect(script.timeline.isEmpty)
        #expect(script.scheduler.keys.table.count == 0)
        #expect(script.scheduler.executedUpTo == EpochMilliseconds(rawValue: Script.start + 50))
    }

    @Test func `What is put off without an attempt keeps its number`() {
        var script = Self.attempted()
        script.putOff(to: 900, failure: nil)
        script.settleStore()
        script.time(900)
        #expect(script.inFlight.first?.schedule.attempt == 1)
        #expect(script.inFlight.first?.schedule.scheduleTime.rawValue == Script.start + 50)
        #expect(script.scheduler.counters.putOff == 1)
        #expect(script.scheduler.counters.retried == 0)
    }

    @Test func `The next attempt stands behind the one before, whatever the clock says`() {
        var script = Self.attempted()
        script.putOff(to: -500)
        #expect(script.changes.first?.put?.position == Self.position(51, 0))
    }

    @Test func `One that is due beyond the horizon waits in the store`() {
        var limits = SchedulerLimits()
        limits.horizonMilliseconds = 1_000
        var script = Script.running(limits: limits)
        script.call("a", offset: 0, due: 50)
        script.settleStore()
        script.time(50)
        script.putOff(to: 500_000)
        script.writeChanges()
        #expect(script.scheduler.keys.table.count == 0)
        #expect(script.scheduler.bytesInMemory == 0)
        #expect(script.timeline == [0])
    }

    @Test func `Its offset is settled once the first item is written, not when the callback has succeeded`() {
        var script = Script.running()
        script.call("a", offset: 0, due: 0)
        script.answerLookUps()
        #expect(script.handedOut == [0])
        #expect(script.committed == nil)
        script.writeChanges()
        #expect(script.committed == 1)
        #expect(script.timeline == [0])
    }

    @Test func `An attempt that fails before its item is written is written as the next one`() {
        var script = Script.running()
        script.call("a", offset: 0, due: 0)
        script.delayLookUps()
        #expect(script.handedOut == [0])
        script.putOff(to: 900)
        #expect(script.committed == nil)
        script.settleStore()
        #expect(script.committed == 1)
        #expect(script.store.timeline.keys.map(\.time.rawValue) == [Script.start + 900])
    }

    // MARK: Cancel and replace

    @Test func `A cancel between attempts ends them`() {
        var script = Self.attempted()
        script.putOff(to: 900)
        script.settleStore()
        script.cancel("a", offset: 1)
        script.settleStore()
        script.time(900)
        #expect(script.handedOut == [0])
        #expect(script.timeline.isEmpty)
        #expect(script.record("a")?.state == .cancelled)
        #expect(script.committed == 2)
    }

    @Test func `A cancel reaches one that waits in the store alone`() {
        var limits = SchedulerLimits()
        limits.horizonMilliseconds = 1_000
        var script = Script.running(limits: limits)
        script.call("a", offset: 0, due: 50)
        script.settleStore()
        script.time(50)
        script.putOff(to: 500_000)
        script.settleStore()
        script.cancel("a", offset: 1)
        script.settleStore()
        #expect(script.timeline.isEmpty)
        #expect(script.record("a")?.state == .cancelled)
    }

    @Test func `A cancel during an attempt ends the further ones if that fails`() {
        var script = Self.attempted()
        script.cancel("a", offset: 1)
        #expect(script.committed == 1)
        script.putOff(to: 900)
        script.settleStore()
        #expect(script.scheduler.counters.cancelled == 1)
        #expect(script.record("a")?.state == .cancelled)
        #expect(script.timeline.isEmpty)
        #expect(script.committed == 2)
        script.time(900)
        #expect(script.handedOut == [0])
    }

    @Test func `A cancel during an attempt that succeeds does nothing`() {
        var script = Self.attempted()
        script.cancel("a", offset: 1)
        script.acknowledge()
        script.settleStore()
        #expect(script.scheduler.counters.cancelledNothing == 1)
        #expect(script.record("a")?.state == .latest)
        #expect(script.committed == 2)
    }

    @Test func `A replacement between attempts takes the place of the retry`() {
        var script = Self.attempted()
        script.putOff(to: 900)
        script.settleStore()
        script.call("a", offset: 1, due: 2_000)
        script.settleStore()
        #expect(script.timeline == [1])
        script.time(3_000)
        #expect(script.handedOut == [0, 1])
        #expect(script.inFlight.last?.schedule.attempt == 1)
    }

    @Test func `A replacement during an attempt ends the further ones`() {
        var script = Self.attempted()
        script.call("a", offset: 1, due: 2_000)
        script.putOff(to: 900)
        script.settleStore()
        #expect(script.timeline == [1])
        script.time(900)
        #expect(script.handedOut == [0])
    }

    @Test func `A request sent again between attempts replaces the schedule, since it is not delivered`() {
        var script = Self.attempted()
        script.putOff(to: 900)
        script.settleStore()
        script.call("a", offset: 1, due: 50)
        script.settleStore()
        #expect(script.timeline == [1])
        #expect(script.handedOut == [0, 1])
    }

    @Test func `A request sent again during an attempt is a duplicate, and the attempts go on`() {
        var script = Self.attempted()
        script.call("a", offset: 1, due: 50)
        #expect(script.scheduler.counters.duplicates == 1)
        script.putOff(to: 900)
        script.settleStore()
        #expect(script.timeline == [0])
        #expect(script.committed == 2)
        script.time(900)
        #expect(script.inFlight.map(\.schedule.attempt) == [2])
    }

    @Test func `A request sent again after a retry has succeeded is a duplicate, told by the schedule time`() {
        var script = Self.attempted()
        script.putOff(to: 900)
        script.settleStore()
        script.time(900)
        script.acknowledge()
        script.settleStore()
        script.call("a", offset: 1, due: 50)
        script.settleStore()
        #expect(script.scheduler.counters.duplicates == 1)
        #expect(script.handedOut == [0, 0])
    }

    @Test func `The last attempt's failure is in the key record`() {
        var script = Self.attempted()
        script.putOff(to: 900)
        script.settleStore()
        script.time(900)
        script.fail()
        #expect(script.deadLetters.first?.delivery.schedule.retry?.failure == "answered 503")
        script.acknowledgeDeadLetters()
        script.settleStore()
        #expect(script.record("a")?.state == .failed)
        #expect(script.record("a")?.retry?.attempt == 2)
        #expect(script.record("a")?.retry?.failure == "no such topic")
        #expect(script.timeline.isEmpty)
    }

    // MARK: Crashes

    /// What the store holds after an attempt of a schedule due at 50 has failed and its change was cut short.
    private static func store(hasOld: Bool, recordNamesNew: Bool) -> SimulatedStore {
        let old = Script.schedule("a", offset: 0, due: 50, target: Script.callback)
        let retry = Retry(scheduleTime: old.scheduleTime, attempt: 2, failure: "answered 503")
        let new = old.again(at: EpochMilliseconds(rawValue: Script.start + 900), retry: retry)
        var store = SimulatedStore()
        if hasOld { store.apply([KeyChange(key: old.key, put: old)]) }
        store.apply([KeyChange(key: old.key, put: new, record: KeyRecord(latest: recordNamesNew ? new : old))])
        return store
    }

    @Test func `The next owner goes on with the number and the due time of the store`() {
        var script = Script(from: 1, end: 1, store: Self.store(hasOld: false, recordNamesNew: true))
        script.settleStore()
        script.time(899)
        #expect(script.handedOut.isEmpty)
        script.time(900)
        #expect(script.inFlight.map(\.schedule.attempt) == [2])
    }

    @Test func `A crash before the old item was deleted repeats nothing`() {
        var script = Script(from: 1, end: 1, store: Self.store(hasOld: true, recordNamesNew: true))
        script.settleStore()
        script.time(899)
        #expect(script.handedOut.isEmpty)
        #expect(script.timeline == [0])
        script.time(900)
        #expect(script.inFlight.map(\.schedule.attempt) == [2])
    }

    @Test func `A crash before the record was written goes on with the later item`() {
        var script = Script(from: 1, end: 1, store: Self.store(hasOld: true, recordNamesNew: false))
        script.settleStore()
        script.time(899)
        #expect(script.handedOut.isEmpty)
        #expect(script.record("a")?.retry?.attempt == 2)
        script.time(900)
        #expect(script.inFlight.map(\.schedule.attempt) == [2])
        script.acknowledge()
        script.settleStore()
        #expect(script.timeline.isEmpty)
    }

    @Test func `A create read again is the retry that the store has of it`() {
        var script = Script(from: 0, end: 1, store: Self.store(hasOld: false, recordNamesNew: true))
        script.call("a", offset: 0, due: 50)
        script.settleStore()
        script.event { $0.intakeEndReached($0.nextOffset, now: $1, &$2) }
        script.settleStore()
        #expect(script.committed == 1)
        script.time(899)
        #expect(script.handedOut.isEmpty)
        script.time(900)
        #expect(script.inFlight.map(\.schedule.attempt) == [2])
        #expect(script.timeline == [0])
    }

    // MARK: Bounds

    @Test func `Callbacks take no room from deliveries to topics`() {
        var limits = SchedulerLimits()
        limits.maxDeliveriesInFlight = 2
        var script = Script.running(limits: limits)
        for offset in 0..<5 as Range<Int64> { script.call("c\(offset)", offset: offset, due: 50, order: "\(offset)") }
        for offset in 5..<7 as Range<Int64> { script.create("t\(offset)", offset: offset, due: 50, order: "\(offset)") }
        script.settleStore()
        script.time(50)
        #expect(script.handedOut == [0, 1, 2, 3, 4, 5, 6])
        #expect(script.scheduler.callbacksInFlight == 5)
    }

    @Test func `A drain writes what failed while it lasted`() {
        var script = Self.attempted()
        script.event { $0.drain($1, &$2) }
        #expect(!script.hasDrained)
        script.putOff(to: 900)
        script.settleStore()
        #expect(script.hasDrained)
        #expect(script.store.timeline.keys.map(\.time.rawValue) == [Script.start + 900])
    }
}
