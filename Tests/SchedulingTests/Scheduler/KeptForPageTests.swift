import SimulatedStore
import Testing

@testable import Scheduling

/// A key of which nothing is left to know stays in memory while a page is on its way. What is read meanwhile means what
/// it means where the key has been let go and the store is asked.
@Suite struct KeptForPageTests {
    /// A scheduler whose first page is on its way, and a store in which `schedule` was delivered.
    private static func delivered(_ schedule: Schedule) -> Script {
        var store = SimulatedStore()
        store.apply([KeyChange(key: schedule.key, record: KeyRecord(latest: schedule))])
        return Script(from: 1, end: 1, store: store)
    }

    @Test func `A create that repeats a delivered one a second time is dropped as well`() {
        var script = Self.delivered(Script.schedule("a", offset: 0, due: -50))
        script.create("a", offset: 1, due: -50)
        script.answerLookUps()
        script.create("a", offset: 2, due: -50)
        script.settleStore()
        #expect(script.handedOut.isEmpty)
        #expect(script.scheduler.counters.duplicates == 2)
        #expect(script.committed == 3)
    }

    @Test func `A create that repeats one a previous owner has delivered is dropped after that was read again`() {
        var script = Self.delivered(Script.schedule("a", offset: 2, due: -50))
        script.create("a", offset: 1, due: -90)
        script.answerLookUps()
        script.create("a", offset: 2, due: -50)
        script.create("a", offset: 3, due: -50)
        script.settleStore()
        #expect(script.handedOut.isEmpty)
        #expect(script.committed == 4)
    }

    @Test func `A cancel that comes too late does not make a repeat new`() {
        var script = Script.running()
        script.time(400_000)
        script.create("a", offset: 0, due: 0)
        script.answerLookUps()
        script.acknowledge()
        script.writeChanges()
        script.cancel("a", offset: 1)
        script.create("a", offset: 2, due: 0)
        script.settleStore()
        #expect(script.handedOut == [0])
        #expect(script.scheduler.counters.duplicates == 1)
    }

    @Test func `A cancel of a key delivered before does not make a repeat new`() {
        var script = Self.delivered(Script.schedule("a", offset: 0, due: -50))
        script.cancel("a", offset: 1)
        script.answerLookUps()
        script.create("a", offset: 2, due: -50)
        script.settleStore()
        #expect(script.handedOut.isEmpty)
        #expect(script.committed == 3)
    }

    @Test func `A cancel finds what is pending beyond the horizon although an earlier cancel has found it later`() {
        let later = Script.schedule("a", offset: 2, due: 5_000_000)
        var script = Script(from: 1, end: 1, store: SimulatedStore(pending: [later]))
        script.cancel("a", offset: 1)
        script.answerLookUps()
        script.read(.request(.create(later)))
        script.cancel("a", offset: 3)
        script.settleStore()
        #expect(script.timeline.isEmpty)
        #expect(script.record("a")?.state == .cancelled)
        #expect(script.committed == 4)
    }

    @Test func `A request that went out before a cancel's late answer is deleted where a previous owner had stored it`()
    {
        let stored = Script.schedule("a", offset: 2, due: -50)
        var script = Script.running()
        script.cancel("a", offset: 1)
        script.store.apply([KeyChange(key: stored.key, put: stored, record: KeyRecord(latest: stored))])
        script.read(.request(.create(stored)))
        script.delayLookUps()
        #expect(script.handedOut == [2])
        script.acknowledge()
        script.settleStore()
        #expect(script.timeline.isEmpty)
    }

    @Test func `A create is new behind one with another time that went out before the answer`() {
        var script = Self.delivered(Script.schedule("a", offset: 0, due: -50))
        script.loadPage()
        script.create("a", offset: 1, due: 10)
        script.time(10)
        script.create("a", offset: 2, due: -50)
        script.settleStore()
        #expect(script.handedOut == [1, 2])
    }
}
