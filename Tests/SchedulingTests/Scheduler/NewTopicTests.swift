import SimulatedStore
import Testing

@testable import Scheduling

/// A topic that was made anew: offsets begin again at 0, while the store remembers higher ones.
@Suite struct NewTopicTests {
    private let old = Script.schedule("a", 1_000, due: 40)

    @Test func `What the old topic left is delivered`() {
        var script = Script(store: SimulatedStore(pending: [old]))
        script.settleStore()
        script.time(40)
        #expect(script.handedOut == [1_000])
    }

    @Test(arguments: [30, 40, 50])
    func `Of two items that the old topic left of one key the later one is delivered`(delay: Int64) {
        let later = Script.schedule("a", 1_001, due: delay)
        var store = SimulatedStore(pending: [old])
        // The call that replaced the one by the other broke off half way.
        store.apply([KeyChange(key: later.key, put: later)])
        var script = Script(store: store)
        script.settleStore()
        script.time(50)
        #expect(script.handedOut == [1_001])
        script.acknowledge()
        script.settleStore()
        #expect(script.timeline.isEmpty)
    }

    @Test func `A create replaces what a page has brought of the old topic`() {
        var script = Script(store: SimulatedStore(pending: [old]))
        script.settleStore()
        script.create("a", 0, due: 60)
        script.settleStore()
        script.time(60)
        #expect(script.handedOut == [0])
        script.acknowledge()
        script.settleStore()
        #expect(script.timeline.isEmpty)
    }

    @Test func `A create read before the page replaces what the old topic left`() {
        var script = Script(from: 0, end: 1, store: SimulatedStore(pending: [old]))
        script.create("a", 0, due: 60)
        script.loadPage()
        script.settleStore()
        script.time(60)
        #expect(script.handedOut == [0])
        #expect(script.timeline == [0])
    }

    @Test(arguments: [20, 60])
    func `Of two items in the timeline that of the new topic stays`(delay: Int64) {
        let new = Script.schedule("a", 0, due: delay)
        var store = SimulatedStore(pending: [old])
        store.apply([KeyChange(key: new.key, put: new, record: KeyRecord(latest: new))])
        var script = Script(from: 1, end: 1, store: store)
        script.settleStore()
        script.time(60)
        #expect(script.handedOut == [0])
    }

    @Test func `A cancel removes what the old topic left`() {
        var script = Script(store: SimulatedStore(pending: [old]))
        script.settleStore()
        script.cancel("a", 0)
        script.settleStore()
        script.time(40)
        #expect(script.handedOut.isEmpty)
        #expect(script.timeline.isEmpty)
    }

    @Test func `A cancel read before the page removes what the old topic left`() {
        var script = Script(from: 0, end: 1, store: SimulatedStore(pending: [old]))
        script.cancel("a", 0)
        script.loadPage()
        script.settleStore()
        script.time(40)
        #expect(script.handedOut.isEmpty)
        #expect(script.timeline.isEmpty)
        #expect(script.committed == 1)
    }

    @Test func `A record of the old topic does not make requests of the new one old`() {
        var store = SimulatedStore()
        store.apply([KeyChange(key: old.key, record: KeyRecord(latest: old, state: .cancelled, request: 1_001))])
        var script = Script(from: 0, end: 1, store: store)
        script.create("a", 0, due: 700_000)
        script.settleStore()
        #expect(script.timeline == [0])
        #expect(script.committed == 1)
    }

    @Test func `A create takes the place of what the old topic left at its own position`() {
        let old = Script.schedule("a", 0, due: 5_000_000)
        var script = Script.running(store: SimulatedStore(pending: [old]))
        script.create("a", 0, due: 5_000_000)
        script.settleStore()
        #expect(script.timeline == [0])
        #expect(script.committed == 1)
    }

    @Test(arguments: [true, false])
    func `A page that shows what the old topic left does not displace a create`(isAnswered: Bool) {
        // By the time it arrives the offsets have come past that of the old item.
        var script = Script.running()
        script.time(300_000)
        script.store = SimulatedStore(pending: [Script.schedule("a", 5, due: 700_000)])
        let page = script.readPage()
        script.create("a", 0, due: 600_000)
        if isAnswered { script.answerLookUps() }
        for offset in Int64(1)..<10 { script.cancel("other", offset) }
        script.arrive(page)
        script.settleStore()
        script.time(600_000)
        #expect(script.handedOut == [0])
        #expect(script.timeline == [0])
    }

    @Test func `What the old topic left does not replace a callback that is being delivered`() {
        var limits = SchedulerLimits()
        limits.horizonMilliseconds = 300
        let old = Script.schedule("a", 1_000, due: 400)
        var script = Script.running(store: SimulatedStore(pending: [old]), limits: limits)
        script.call("a", 0, due: 0)
        script.delayLookUps()
        #expect(script.handedOut == [0])
        script.time(200)
        script.loadPage()
        script.putOff(0, to: 700_000)
        script.settleStore()
        #expect(script.timeline == [0])
    }
}
