import SimulatedStore
import Testing

@testable import Scheduling

/// Section 2 of the contract: identity, duplicates, cancels.
@Suite struct MeaningTests {
    @Test(arguments: [10, 700_000])
    func `A create that repeats a pending one with the same time is delivered once`(delay: Int64) {
        var script = Script.running()
        script.create("a", offset: 0, due: delay)
        script.settleStore()
        script.create("a", offset: 1, due: delay)
        script.settleStore()
        #expect(script.timeline == [1])
        script.time(delay)
        script.settleStore()
        script.acknowledge()
        script.settleStore()
        #expect(script.handedOut == [1])
        #expect(script.timeline.isEmpty)
    }

    @Test func `A create that repeats a delivered one with the same time is dropped`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 50)
        script.time(50)
        script.settleStore()
        script.acknowledge()
        script.settleStore()
        script.create("a", offset: 1, due: 50)
        script.settleStore()
        #expect(script.handedOut == [0])
        #expect(script.scheduler.counters.duplicates == 1)
        #expect(script.committed == 2)
    }

    @Test func `A create that repeats one in flight is a duplicate at once`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 50)
        script.settleStore()
        script.time(50)
        script.create("a", offset: 1, due: 50)
        #expect(script.scheduler.counters.duplicates == 1)
        #expect(script.scheduler.unsettledCount == 0)
        script.acknowledge()
        script.settleStore()
        #expect(script.handedOut == [0])
        #expect(script.committed == 2)
        #expect(script.scheduler.keys.table.count == 0)
    }

    @Test func `A create that repeated one in flight stays a duplicate if that fails, and the key has failed`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 50)
        script.settleStore()
        script.time(50)
        script.create("a", offset: 1, due: 50)
        script.fail()
        script.acknowledgeDeadLetters()
        script.settleStore()
        #expect(script.handedOut == [0])
        #expect(script.record("a")?.state == .failed)
        script.create("a", offset: 2, due: 50)
        script.settleStore()
        #expect(script.handedOut == [0, 2], "a create for a failed key is new")
    }

    @Test func `A duplicate of one in flight commits nothing before that is settled`() {
        var script = Script.running()
        script.create("a", offset: 0, due: -1)
        script.answerLookUps()
        #expect(script.handedOut == [0])
        script.create("a", offset: 1, due: -1)
        #expect(script.committed == nil)
        script.acknowledge()
        script.settleStore()
        #expect(script.committed == 2)
    }

    @Test func `A create with another time after a delivery is new`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 50)
        script.settleStore()
        script.time(50)
        script.acknowledge()
        script.settleStore()
        script.create("a", offset: 1, due: 60)
        script.settleStore()
        script.time(60)
        #expect(script.handedOut == [0, 1])
    }

    @Test func `A create for a failed key is new`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 50)
        script.settleStore()
        script.time(50)
        script.fail()
        script.acknowledgeDeadLetters()
        script.settleStore()
        script.create("a", offset: 1, due: 50)
        script.settleStore()
        #expect(script.handedOut == [0, 1])
    }

    @Test func `A create for a cancelled key is new`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 50)
        script.settleStore()
        script.cancel("a", offset: 1)
        script.settleStore()
        script.create("a", offset: 2, due: 50)
        script.settleStore()
        script.time(50)
        #expect(script.handedOut == [2])
        #expect(script.scheduler.counters.cancelled == 1)
    }

    @Test func `A cancel of a resident removes it and says so`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 50)
        script.settleStore()
        script.cancel("a", offset: 1)
        script.settleStore()
        script.time(50)
        #expect(script.handedOut.isEmpty)
        #expect(script.timeline.isEmpty)
        #expect(script.record("a")?.state == .cancelled)
        #expect(script.record("a")?.requestOffset == 1)
        #expect(script.scheduler.keys.table.count == 0)
    }

    @Test func `A cancel of one pending in the store alone removes it`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 5_000_000)
        script.settleStore()
        script.cancel("a", offset: 1)
        script.settleStore()
        #expect(script.timeline.isEmpty)
        #expect(script.record("a")?.state == .cancelled)
        #expect(script.scheduler.counters.cancelled == 1)
    }

    @Test func `A cancel right after its create removes it before it is stored`() {
        var script = Script.running()
        script.read(Script.create("a", offset: 0, due: 5_000_000), Script.cancel("a", offset: 1))
        script.settleStore()
        #expect(script.timeline.isEmpty)
        #expect(script.committed == 2)
    }

    @Test func `A cancel that waits for the look-up is applied to what a page brings`() {
        let pending = Script.schedule("a", offset: 0, due: 400_000)
        var script = Script(from: 1, end: 2, store: SimulatedStore(pending: [pending]))
        script.cancel("a", offset: 1)
        script.loadPage()
        script.time(400_000)
        script.settleStore()
        #expect(script.handedOut.isEmpty)
        #expect(script.record("a")?.state == .cancelled)
        #expect(script.scheduler.counters.cancelled == 1)
    }

    @Test func `A cancel of an unknown key does nothing and is counted`() {
        var script = Script.running()
        script.cancel("a", offset: 0)
        script.settleStore()
        #expect(script.committed == 1)
        #expect(script.record("a") == nil)
        #expect(script.scheduler.counters.cancelledNothing == 1)
        #expect(script.scheduler.keys.table.count == 0)
    }

    @Test func `A cancel of a delivered key does nothing`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 50)
        script.settleStore()
        script.time(50)
        script.cancel("a", offset: 1)
        script.acknowledge()
        script.settleStore()
        script.cancel("a", offset: 2)
        script.settleStore()
        #expect(script.record("a")?.state == .latest)
        #expect(script.scheduler.counters.cancelledNothing == 2)
        #expect(script.committed == 3)
    }

    @Test func `A cancel before a create that went out before the look-up's answer leaves the record to that`() {
        let old = Script.schedule("a", offset: 0, due: 700_000)
        var script = Script.running()
        script.store = SimulatedStore(pending: [old])
        script.read(Script.cancel("a", offset: 1), Script.create("a", offset: 2, due: 0))
        script.delayLookUps()
        #expect(script.handedOut == [2])
        script.answerLookUps()
        script.acknowledge()
        script.settleStore()
        #expect(script.timeline.isEmpty)
        #expect(script.record("a")?.state == .latest)
        #expect(script.record("a")?.requestOffset == 2)
        #expect(script.committed == 3)
    }

    @Test func `A cancel before the create of the same key does not touch it`() {
        var script = Script.running()
        script.read(Script.cancel("a", offset: 0), Script.create("a", offset: 1, due: 50))
        script.settleStore()
        script.time(50)
        #expect(script.handedOut == [1])
    }

    @Test func `The later of two cancels around a create is the one the record names`() {
        let old = Script.schedule("a", offset: 0, due: 700_000)
        var script = Script.running(store: SimulatedStore(pending: [old]))
        script.read(
            Script.cancel("a", offset: 1),
            Script.create("a", offset: 2, due: 50),
            Script.cancel("a", offset: 3)
        )
        script.settleStore()
        #expect(script.timeline.isEmpty)
        #expect(script.record("a")?.state == .cancelled)
        #expect(script.record("a")?.requestOffset == 3)
        #expect(script.committed == 4)
    }

    @Test func `A create after a cancel is new although an earlier delivery with its time is still in flight`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 50)
        script.settleStore()
        script.time(50)
        script.create("a", offset: 1, due: 80)
        script.cancel("a", offset: 2)
        script.create("a", offset: 3, due: 50)
        #expect(script.handedOut == [0, 3])
        script.acknowledge()
        script.settleStore()
        #expect(script.timeline.isEmpty)
        #expect(script.committed == 4)
    }

    @Test func `A create behind one with another time is new although a delivered one has its time`() {
        let delivered = Script.schedule("a", offset: 0, due: 50)
        var store = SimulatedStore()
        store.apply([KeyChange(key: delivered.key, record: KeyRecord(latest: delivered))])
        var script = Script.running(store: store)
        script.read(Script.create("a", offset: 1, due: 80), Script.create("a", offset: 2, due: 50))
        script.settleStore()
        script.time(50)
        #expect(script.handedOut == [2])
    }
}
