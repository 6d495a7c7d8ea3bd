import SimulatedStore
import Testing

@testable import Scheduling

/// Design rule "Latest wins": of the schedules of one key only the latest create goes out.
@Suite struct LatestWinsTests {
    @Test func `A key record that names a later request drops a timeline item`() {
        let old = Script.schedule("a", offset: 0, due: 50)
        var store = SimulatedStore(pending: [old])
        store.apply([KeyChange(key: old.key, record: KeyRecord(latest: Script.schedule("a", offset: 5, due: 900_000)))])
        var script = Script(from: 6, end: 6, store: store)
        script.settleStore()
        script.time(50)
        #expect(script.handedOut.isEmpty)
        #expect(script.timeline.isEmpty)
    }

    @Test func `A key record that names an older request does not`() {
        let new = Script.schedule("a", offset: 5, due: 50)
        var store = SimulatedStore(pending: [new])
        store.apply([KeyChange(key: new.key, record: KeyRecord(latest: Script.schedule("a", offset: 0, due: 20)))])
        var script = Script(from: 6, end: 6, store: store)
        script.settleStore()
        script.time(50)
        #expect(script.handedOut == [5])
    }

    @Test func `A missing key record stops nothing`() {
        let schedule = Script.schedule("a", offset: 0, due: 50)
        var script = Script(from: 1, end: 1, store: SimulatedStore(pending: [schedule], hasRecords: false))
        script.settleStore()
        script.time(50)
        #expect(script.handedOut == [0])
    }

    @Test func `A key record that says cancelled drops a timeline item`() {
        let schedule = Script.schedule("a", offset: 0, due: 50)
        var store = SimulatedStore(pending: [schedule])
        store.apply([KeyChange(key: schedule.key, record: KeyRecord(latest: schedule, state: .cancelled, request: 3))])
        var script = Script(from: 4, end: 4, store: store)
        script.settleStore()
        script.time(50)
        #expect(script.handedOut.isEmpty)
        #expect(script.timeline.isEmpty)
    }

    @Test func `A key record that says failed drops its own timeline item`() {
        let schedule = Script.schedule("a", offset: 0, due: 50)
        var store = SimulatedStore(pending: [schedule])
        store.apply([KeyChange(key: schedule.key, record: KeyRecord(latest: schedule, state: .failed))])
        var script = Script(from: 1, end: 1, store: store)
        script.settleStore()
        script.time(50)
        #expect(script.handedOut.isEmpty)
        #expect(script.timeline.isEmpty)
    }

    @Test(arguments: [false, true])
    func `Of two timeline items of one key the later request stays`(isLaterDueFirst: Bool) {
        let old = Script.schedule("a", offset: 0, due: isLaterDueFirst ? 60 : 40)
        let new = Script.schedule("a", offset: 1, due: 50)
        var script = Script(from: 2, end: 2, store: SimulatedStore(pending: [old, new], hasRecords: false))
        script.settleStore()
        script.time(60)
        #expect(script.handedOut == [1])
        script.acknowledge()
        script.settleStore()
        #expect(script.timeline.isEmpty)
    }

    @Test func `A resident is replaced in memory, and its item deleted with the same write`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 50)
        script.settleStore()
        script.create("a", offset: 1, due: 80)
        let old = Script.schedule("a", offset: 0, due: 50)
        let new = Script.schedule("a", offset: 1, due: 80)
        #expect(
            script.changes
                == [KeyChange(key: old.key, put: new, record: KeyRecord(latest: new), deletes: [old.position])]
        )
        #expect(script.scheduler.counters.replaced == 1)
        script.time(80)
        #expect(script.handedOut == [1])
    }

    @Test func `A schedule that is not resident is found by its key record and replaced`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 5_000_000)
        script.settleStore()
        script.create("a", offset: 1, due: 6_000_000)
        script.settleStore()
        #expect(script.timeline == [1])
        #expect(script.record("a")?.requestOffset == 1)
        #expect(script.scheduler.counters.replaced == 1)
    }

    @Test func `A replacement before the first answer writes only the latest`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 5_000_000)
        script.create("a", offset: 1, due: 6_000_000)
        script.settleStore()
        #expect(script.timeline == [1])
        #expect(script.committed == 2)
    }

    @Test func `A replacement while the first write is in flight is not overtaken by it`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 5_000_000)
        script.answerLookUps()
        script.create("a", offset: 1, due: 6_000_000)
        #expect(script.storeCalls.count == 1)
        script.settleStore()
        #expect(script.timeline == [1])
    }

    @Test func `A replacement read after the delivery was handed out is a new schedule`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 50)
        script.settleStore()
        script.time(50)
        script.create("a", offset: 1, due: 80)
        script.settleStore()
        script.acknowledge()
        script.settleStore()
        #expect(script.timeline == [1])
        #expect(script.record("a")?.requestOffset == 1)
        script.time(80)
        #expect(script.handedOut == [0, 1])
    }

    @Test func `A key record of another partition does not make a request of this one old`() {
        let old = Script.schedule("a", offset: 0, due: 50)
        var elsewhere = KeyRecord(latest: Script.schedule("a", offset: 1_000, due: 50))
        elsewhere.partition = 9
        var store = SimulatedStore(pending: [old])
        store.apply([KeyChange(key: old.key, record: elsewhere)])
        var script = Script(from: 1, end: 2_000, store: store)
        script.loadPage()
        #expect(script.storeCalls.count == 1)
        script.create("a", offset: 1, due: 80)
        script.event { $0.intakeEndReached($0.nextOffset, now: $1, &$2) }
        script.settleStore()
        script.time(80)
        #expect(script.handedOut == [1])
    }

    @Test func `What a cancel of an owner before has removed does not come back with a page read before that`() {
        let schedule = Script.schedule("a", offset: 0, due: 50)
        var script = Script(from: 1, end: 2, store: SimulatedStore(pending: [schedule]))
        let page = script.readPage()
        // The owner before has sent this; it arrives late.
        let record = KeyRecord(latest: schedule, state: .cancelled, request: 1)
        script.store.apply([KeyChange(key: schedule.key, record: record, deletes: [schedule.position])])
        script.cancel("a", offset: 1)
        script.answerLookUps()
        script.arrive(page)
        script.settleStore()
        script.time(50)
        #expect(script.handedOut.isEmpty)
        #expect(script.scheduler.keys.table.count == 0)
    }

    @Test func `A key record of another partition drops a timeline item whatever the offsets`() {
        let old = Script.schedule("a", offset: 5, due: 50)
        var elsewhere = KeyRecord(latest: Script.schedule("a", offset: 2, due: 50))
        elsewhere.partition = 9
        var store = SimulatedStore(pending: [old])
        store.apply([KeyChange(key: old.key, record: elsewhere)])
        var script = Script(from: 6, end: 6, store: store)
        script.settleStore()
        script.time(50)
        #expect(script.handedOut.isEmpty)
        #expect(script.timeline.isEmpty)
    }

    @Test func `A key record of another partition is no answer about a request of this one`() {
        var elsewhere = KeyRecord(latest: Script.schedule("a", offset: 1_000, due: 50))
        elsewhere.partition = 9
        var store = SimulatedStore()
        store.apply([KeyChange(key: Script.schedule("a", offset: 0, due: 0).key, record: elsewhere)])
        var script = Script(from: 0, end: 2_000, store: store)
        script.loadPage()
        script.create("a", offset: 0, due: 80)
        script.event { $0.intakeEndReached($0.nextOffset, now: $1, &$2) }
        script.settleStore()
        script.time(80)
        #expect(script.handedOut == [0])
    }

    @Test func `The later of two timeline items leaves a record if it fails`() {
        let old = Script.schedule("a", offset: 0, due: 40)
        let new = Script.schedule("a", offset: 1, due: 50)
        var script = Script(from: 2, end: 2, store: SimulatedStore(pending: [old, new], hasRecords: false))
        script.settleStore()
        script.time(50)
        script.fail()
        script.acknowledgeDeadLetters()
        script.settleStore()
        #expect(script.record("a")?.state == .failed)
    }

    @Test func `A stored one that was replaced is deleted although the look-up's answer comes after the delivery`() {
        var script = Script.running(store: SimulatedStore(pending: [Script.schedule("a", offset: 0, due: 5_000_000)]))
        script.create("a", offset: 1, due: 0)
        script.delayLookUps()
        #expect(script.handedOut == [1])
        script.settleStore()
        script.acknowledge()
        script.settleStore()
        #expect(script.timeline.isEmpty)
    }

    @Test func `A cancelled schedule that a stale owner writes again is dropped`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 50)
        script.settleStore()
        script.time(50)
        script.create("a", offset: 1, due: 650_000)
        script.settleStore()
        script.cancel("a", offset: 2)
        script.settleStore()
        #expect(script.timeline == [0])
        let again = Script.schedule("a", offset: 1, due: 650_000)
        script.store.apply([KeyChange(key: again.key, put: again)])
        script.time(300_000)
        script.settleStore()
        script.time(650_000)
        #expect(script.handedOut == [0])
        #expect(script.timeline == [0])
    }

    @Test func `A cancel of a repeat leaves the delivered schedule delivered`() {
        let delivered = Script.schedule("a", offset: 0, due: -50)
        var store = SimulatedStore()
        store.apply([KeyChange(key: delivered.key, record: KeyRecord(latest: delivered))])
        var script = Script.running(store: store)
        script.read(Script.create("a", offset: 1, due: -50), Script.cancel("a", offset: 2))
        script.settleStore()
        #expect(script.record("a") == KeyRecord(latest: delivered))
        #expect(script.handedOut.isEmpty)
        #expect(script.committed == 3)
    }

    @Test func `A delivery that failed leaves the record of a later create as it is`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 50)
        script.settleStore()
        script.time(50)
        script.create("a", offset: 1, due: 700_000)
        script.settleStore()
        script.fail()
        script.acknowledgeDeadLetters()
        script.settleStore()
        #expect(script.record("a") == KeyRecord(latest: Script.schedule("a", offset: 1, due: 700_000)))
        #expect(script.timeline == [1])
    }
}
