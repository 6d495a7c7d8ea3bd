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

    @Test func `A record of the old topic does not make requests of the new one old`() {
        var store = SimulatedStore()
        store.apply([KeyChange(key: old.key, record: KeyRecord(latest: old, state: .cancelled, request: 1_001))])
        var script = Script(from: 0, end: 1, store: store)
        script.create("a", 0, due: 700_000)
        script.settleStore()
        #expect(script.timeline == [0])
        #expect(script.committed == 1)
    }
}
