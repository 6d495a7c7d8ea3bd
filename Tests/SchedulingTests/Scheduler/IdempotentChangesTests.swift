import SimulatedStore
import Testing

@testable import Scheduling

/// Design rule "Idempotent changes": the same change applied twice, or by two owners, leaves the store as if once.
@Suite struct IdempotentChangesTests {
    @Test func `Two owners that read the same requests leave the store as one does`() {
        let requests = [
            Script.create("a", offset: 0, due: 700_000), Script.create("b", offset: 1, due: 800_000),
            Script.cancel("a", offset: 2),
            Script.create("b", offset: 3, due: 900_000), Script.create("c", offset: 4, due: 700_000),
        ]
        var first = Script.running()
        first.read(requests)
        first.settleStore()
        var second = Script(from: 0, end: 5, store: first.store)
        second.read(requests)
        second.settleStore()
        #expect(second.store.timeline == first.store.timeline)
        #expect(second.store.records == first.store.records)
        #expect(second.committed == 5)
    }

    @Test func `A write applied again after its answer was lost changes nothing`() {
        var script = Script.running()
        script.read(Script.create("a", offset: 0, due: 700_000), Script.create("b", offset: 1, due: 800_000))
        script.answerLookUps()
        let calls = script.storeCalls
        script.writeChanges()
        let once = script.store
        for call in calls { script.store.apply(call.changes) }
        #expect(script.store.timeline == once.timeline)
        #expect(script.store.records == once.records)
    }

    @Test func `A put never stands in the same change as the delete of its own position`() {
        var script = Script(from: 0, end: 3)
        // A page shows the item of a request that is read again, with a record of an older request.
        let schedule = Script.schedule("a", offset: 1, due: 50)
        let older = KeyRecord(latest: Script.schedule("a", offset: 0, due: 700_000), state: .cancelled, request: 2)
        script.arrive(TimelinePage(items: [TimelineItem(schedule: schedule, record: older)], reachedEnd: true))
        script.read(Script.create("a", offset: 1, due: 50))
        for call in script.storeCalls {
            for change in call.changes { #expect(!change.deletes.contains { $0 == change.put?.position }) }
        }
        script.settleStore()
    }

    @Test func `At most one change of a key is in flight`() {
        var script = Script.running()
        for offset in Int64(0)..<10 {
            script.create("a", offset: offset, due: 700_000 + offset)
            script.answerLookUps()
        }
        #expect(script.storeCalls.flatMap(\.changes).count == 1)
        script.writeChanges()
        #expect(script.storeCalls.flatMap(\.changes).count == 1)
        script.settleStore()
        #expect(script.timeline == [9])
    }

    @Test func `A request delivered from memory in place of a stored one is not taken for its repeat after a crash`() {
        // Both have the same time. Were the stored one deleted first, the key record would say "delivered".
        var limits = SchedulerLimits()
        limits.maxStoreCallsInFlight = 1
        var script = Script.running(limits: limits)
        script.create("a", offset: 0, due: 50)
        script.settleStore()
        script.create("other", offset: 1, due: 700_000)
        script.answerLookUps()
        script.create("a", offset: 2, due: 50)
        script.time(50)
        #expect(script.handedOut == [2])
        script.writeChanges()
        script.writeChanges()
        // The process is gone; the producer has lost the delivery.
        var next = Script(from: script.committed ?? 0, end: 3, store: script.store)
        next.time(60)
        next.loadPage()
        for item in [Script.create("other", offset: 1, due: 700_000), Script.create("a", offset: 2, due: 50)] {
            next.read(item)
        }
        next.settleStore()
        #expect(!next.handedOut.isEmpty)
    }

    @Test func `A request due on arrival in place of a stored one is not taken for its repeat after a crash`() {
        var limits = SchedulerLimits()
        limits.maxDeliveriesInFlight = 1
        var script = Script.running(limits: limits)
        script.read(Script.create("x", offset: 0, due: 10), Script.create("a", offset: 1, due: 50))
        script.settleStore()
        script.time(60)
        #expect(script.handedOut == [0])
        script.create("a", offset: 2, due: 50)
        script.settleStore()
        var next = Script(from: script.committed ?? 0, end: 3, store: script.store)
        next.time(70)
        next.loadPage()
        if script.committed ?? 0 <= 2 { next.create("a", offset: 2, due: 50) }
        next.settleStore()
        next.acknowledge()
        next.settleStore()
        #expect(next.handedOut.contains(2))
    }

    @Test func `A request delivered before its look-up was answered is not taken for the repeat of what it replaced`() {
        let old = Script.schedule("a", offset: 0, due: 50)
        var script = Script.running()
        script.time(300_000)
        let page = script.readPage()
        script.store = SimulatedStore(pending: [old])
        script.create("a", offset: 1, due: 50)
        script.delayLookUps()
        #expect(script.handedOut == [1])
        script.answerLookUps()
        script.writeChanges()
        script.arrive(page)
        var next = Script(from: 1, end: 2, store: script.store)
        next.time(300_000)
        next.loadPage()
        next.create("a", offset: 1, due: 50)
        next.settleStore()
        #expect(!next.handedOut.isEmpty)
    }

    @Test func `A delete that waits to be sent does not take along the request that is read meanwhile`() {
        var limits = SchedulerLimits()
        limits.maxStoreCallsInFlight = 1
        limits.maxChangesPerCall = 1
        let items = [Script.schedule("x", offset: 0, due: 700), Script.schedule("a", offset: 1, due: 800)]
        var store = SimulatedStore(pending: items)
        for item in items {
            // Requests with another ordering key have taken the keys to another partition.
            var record = KeyRecord(latest: item, state: .cancelled, request: 9)
            record.partition = 7
            store.apply([KeyChange(key: item.key, record: record)])
        }
        var script = Script(from: 1, end: 2, store: store, limits: limits)
        script.loadPage()
        #expect(script.changes.map(\.key) == [items[0].key])
        script.create("a", offset: 1, due: 800)
        script.settleStore()
        #expect(script.timeline == [1])
        script.time(800)
        #expect(script.handedOut == [1])
    }

    @Test func `A stored request that is overdue when it is read again is one schedule, not its own replacement`() {
        var script = Script(
            from: 0,
            end: 1,
            store: SimulatedStore(pending: [Script.schedule("a", offset: 0, due: -10)])
        )
        script.loadPage()
        script.create("a", offset: 0, due: -10)
        script.settleStore()
        #expect(script.handedOut == [0])
        script.acknowledge()
        script.settleStore()
        #expect(script.timeline.isEmpty)
        #expect(script.scheduler.counters.replaced == 0)
    }

    @Test func `A write that waits to be sent is not sent beside the delete of its own position`() {
        var limits = SchedulerLimits()
        limits.maxStoreCallsInFlight = 1
        var script = Script.running(limits: limits)
        script.create("other", offset: 0, due: 700_000)
        script.answerLookUps()
        script.create("a", offset: 1, due: 700_000)
        script.answerLookUps()
        script.cancel("a", offset: 2)
        script.writeChanges()
        let created = Script.schedule("a", offset: 1, due: 700_000)
        let record = KeyRecord(latest: created, state: .cancelled, request: 2)
        #expect(script.changes == [KeyChange(key: created.key, record: record, deletes: [created.position])])
    }

    @Test func `A request read again while it is being delivered is not new if the delivery fails`() {
        var script = Script(
            from: 0,
            end: 5,
            store: SimulatedStore(pending: [Script.schedule("a", offset: 0, due: 15_000)])
        )
        script.loadPage()
        script.time(15_000)
        script.delayCatchUp()
        script.create("a", offset: 0, due: 15_000)
        script.fail()
        script.acknowledgeDeadLetters()
        script.settleStore()
        #expect(script.handedOut == [0])
        #expect(script.committed == 1)
    }

    @Test func `What a page shows is pending although an outdated key record names a delivered one of its time`() {
        let pending = Script.schedule("a", offset: 1, due: 50)
        var store = SimulatedStore(pending: [pending], hasRecords: false)
        store.apply([KeyChange(key: pending.key, record: KeyRecord(latest: Script.schedule("a", offset: 0, due: 50)))])
        var script = Script(from: 1, end: 2, store: store)
        script.create("a", offset: 1, due: 50)
        script.loadPage()
        script.settleStore()
        script.time(50)
        #expect(script.handedOut == [1])
    }
}
