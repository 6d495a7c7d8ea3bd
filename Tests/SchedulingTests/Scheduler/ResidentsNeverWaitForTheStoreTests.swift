import SimulatedStore
import Testing

@testable import Scheduling

/// Design rule "What is resident never waits for the store".
@Suite struct ResidentsNeverWaitForTheStoreTests {
    @Test func `A create that is due soon fires while the store is down, and stays uncommitted`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 50)
        script.time(50)
        #expect(script.handedOut == [0])
        script.acknowledge()
        #expect(script.committed == nil)
        script.settleStore()
        #expect(script.committed == 1)
        #expect(script.timeline.isEmpty)
        #expect(script.record("a")?.state == .latest)
    }

    @Test func `A resident fires while its own write is in flight, and its item is deleted afterwards`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 50)
        script.answerLookUps()
        script.time(50)
        #expect(script.handedOut == [0])
        script.acknowledge()
        // Its delete must not overtake its put.
        #expect(script.storeCalls.count == 1)
        script.writeChanges()
        script.writeChanges()
        #expect(script.timeline.isEmpty)
    }

    @Test func `A create due on arrival waits for the look-up`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 0)
        #expect(script.handedOut.isEmpty)
        script.answerLookUps()
        #expect(script.handedOut == [0])
    }

    @Test func `A create due on arrival goes out when the look-up takes long`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 0)
        script.delayLookUps()
        #expect(script.handedOut == [0])
    }

    @Test func `A create due on arrival goes out when the look-ups in flight take so long that its own is not asked`() {
        var limits = SchedulerLimits()
        limits.maxLookUpsInFlight = 1
        limits.maxKeysPerLookUp = 1
        var script = Script.running(limits: limits)
        script.read(
            Script.create("a", offset: 0, due: 0, order: "x"),
            Script.create("b", offset: 1, due: 0, order: "y")
        )
        #expect(script.lookUps.count == 1)
        script.delayLookUps()
        #expect(script.handedOut == [0, 1])
        script.create("c", offset: 2, due: 0, order: "z")
        #expect(script.handedOut == [0, 1, 2])
        script.acknowledge()
        script.settleStore()
        #expect(script.committed == 3)
    }

    @Test func `A request of the replay waits for the look-up however long it takes`() {
        var script = Script(from: 0, end: 1)
        script.loadPage()
        script.create("a", offset: 0, due: 0)
        script.delayLookUps()
        script.time(5_000)
        script.delayCatchUp()
        #expect(script.scheduler.isRunning)
        #expect(script.handedOut.isEmpty)
        script.answerLookUps()
        #expect(script.handedOut == [0])
    }

    @Test func `What has the same ordering key waits behind it, others pass`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 0, order: "x")
        script.read(
            Script.create("b", offset: 1, due: 10, order: "x"),
            Script.create("c", offset: 2, due: 10, order: "y")
        )
        script.time(10)
        #expect(script.handedOut == [2])
        script.delayLookUps()
        #expect(script.handedOut == [2, 0, 1])
    }

    @Test func `A duplicate found by the look-up lets those behind it go`() {
        let old = Script.schedule("a", offset: 0, due: 0, order: "x")
        var store = SimulatedStore()
        store.apply([KeyChange(key: old.key, record: KeyRecord(latest: old))])
        var script = Script.running(store: store)
        script.create("a", offset: 1, due: 0, order: "x")
        script.create("b", offset: 2, due: 10, order: "x")
        script.time(10)
        #expect(script.handedOut.isEmpty)
        script.answerLookUps()
        #expect(script.handedOut == [2])
        #expect(script.scheduler.counters.duplicates == 1)
    }

    @Test func `A cancel of one that waits lets those behind it go`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 0, order: "x")
        script.create("b", offset: 1, due: 10, order: "x")
        script.time(10)
        script.cancel("a", offset: 2)
        #expect(script.handedOut == [1])
    }
}
