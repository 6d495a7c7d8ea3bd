import SimulatedStore
import Testing

@testable import Scheduling

/// A partition taken away in an orderly way.
@Suite struct DrainTests {
    @Test func `A quiet partition is drained at once`() {
        var script = Script.running()
        script.event { $0.drain($1, &$2) }
        #expect(script.hasDrained)
    }

    @Test func `Drained only when deliveries, look-ups and writes are done, and all of it committed`() {
        var script = Script.running()
        script.read(Script.create("a", offset: 0, due: 50), Script.create("b", offset: 1, due: 700_000))
        script.time(50)
        script.event { $0.drain($1, &$2) }
        #expect(!script.hasDrained)
        script.acknowledge()
        #expect(!script.hasDrained)
        script.answerLookUps()
        #expect(!script.hasDrained)
        script.writeChanges()
        #expect(script.hasDrained)
        #expect(script.committed == 2)
    }

    @Test func `Nothing is fired and nothing read while draining`() {
        var script = Script.running()
        script.read(Script.create("a", offset: 0, due: 50), Script.create("b", offset: 1, due: 60))
        script.time(50)
        script.event { $0.drain($1, &$2) }
        script.create("c", offset: 2, due: 0)
        script.time(1_000)
        #expect(script.handedOut == [0])
        #expect(script.scheduler.nextOffset == 2)
        #expect(script.scheduler.wakeAt == nil)
    }

    @Test func `A drain waits for the dead letters of rejected requests`() {
        var script = Script.running()
        script.read(.rejected(offset: 0))
        script.event { $0.drain($1, &$2) }
        #expect(!script.hasDrained)
        script.event { $0.requestDeadLettered(0, now: $1, &$2) }
        #expect(script.hasDrained)
        #expect(script.committed == 1)
    }

    @Test func `A page that arrives after the drain changes nothing`() {
        let old = Script.schedule("a", offset: 0, due: 50)
        var store = SimulatedStore(pending: [old])
        store.apply([KeyChange(key: old.key, record: KeyRecord(latest: old, state: .cancelled, request: 1))])
        var script = Script(from: 2, end: 2, store: store)
        script.event { $0.drain($1, &$2) }
        #expect(script.hasDrained)
        script.loadPage()
        #expect(script.storeCalls.isEmpty)
        #expect(script.scheduler.keys.table.count == 0)
    }

    @Test func `Drained is said once`() {
        var script = Script.running()
        script.event { $0.drain($1, &$2) }
        script.event { $0.drain($1, &$2) }
        #expect(!script.effects.drained)
    }

    @Test func `A partition that changes hands in good order repeats nothing and loses nothing`() {
        var first = Script.running()
        first.read((0..<6).map { Script.create("k\($0)", offset: $0, due: 10 * $0 - 20) })
        first.answerLookUps()
        first.event { $0.drain($1, &$2) }
        first.acknowledge()
        first.settleStore()
        #expect(first.hasDrained)
        let start = first.committed ?? 0
        var second = Script(from: start, end: 6, store: first.store)
        second.read((start..<6).map { Script.create("k\($0)", offset: $0, due: 10 * $0 - 20) })
        second.settleStore()
        second.time(100)
        second.acknowledge()
        second.settleStore()
        #expect(first.handedOut + second.handedOut == Array(0..<6))
    }

    @Test func `The intake is not resumed and no page asked for while draining`() {
        var limits = SchedulerLimits()
        limits.maxUnsettled = 2
        var script = Script.running(limits: limits)
        script.read(Script.create("a", offset: 0, due: 700_000), Script.create("b", offset: 1, due: 700_000))
        #expect(script.isPaused)
        script.event { $0.drain($1, &$2) }
        script.time(300_000)
        #expect(script.pageCall == nil)
        script.settleStore()
        #expect(script.hasDrained)
        #expect(script.isPaused)
    }
}
