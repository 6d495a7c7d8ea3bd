import Testing

@testable import Scheduling

/// Design rule "Idempotent changes": the same change applied twice, or by two owners, leaves the store as if once.
@Suite struct IdempotentChangesTests {
    @Test func `Two owners that read the same requests leave the store as one does`() {
        let requests = [
            Script.create("a", 0, due: 700_000), Script.create("b", 1, due: 800_000), Script.cancel("a", 2),
            Script.create("b", 3, due: 900_000), Script.create("c", 4, due: 700_000),
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
        script.read(Script.create("a", 0, due: 700_000), Script.create("b", 1, due: 800_000))
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
        let schedule = Script.schedule("a", 1, due: 50)
        let older = KeyRecord(latest: Script.schedule("a", 0, due: 700_000), state: .cancelled, request: 2)
        script.arrive(TimelinePage(items: [TimelineItem(schedule: schedule, record: older)], reachedEnd: true))
        script.read(Script.create("a", 1, due: 50))
        for call in script.storeCalls {
            for change in call.changes { #expect(!change.deletes.contains { $0 == change.put?.position }) }
        }
        script.settleStore()
    }

    @Test func `At most one change of a key is in flight`() {
        var script = Script.running()
        for offset in Int64(0)..<10 {
            script.create("a", offset, due: 700_000 + offset)
            script.answerLookUps()
        }
        #expect(script.storeCalls.flatMap(\.changes).count == 1)
        script.writeChanges()
        #expect(script.storeCalls.flatMap(\.changes).count == 1)
        script.settleStore()
        #expect(script.timeline == [9])
    }
}
