import SimulatedStore
import Testing

@testable import Scheduling

/// Design rule "Catch up, then fire".
@Suite struct CatchUpThenFireTests {
    private let pending = [Script.schedule("a", offset: 0, due: -10), Script.schedule("b", offset: 1, due: -5)]

    @Test func `Nothing fires before the intake has been read to the end it had`() {
        var script = Script(from: 2, end: 4, store: SimulatedStore(pending: pending))
        script.settleStore()
        script.cancel("z", offset: 2)
        script.settleStore()
        #expect(script.handedOut.isEmpty)
        script.cancel("z", offset: 3)
        script.settleStore()
        #expect(script.handedOut == [0, 1])
    }

    @Test func `Nothing fires before the first page is here`() {
        var script = Script(store: SimulatedStore(pending: pending))
        script.time(3_600_000)
        #expect(script.handedOut.isEmpty)
        #expect(!script.scheduler.isRunning)
        script.loadPage()
        #expect(script.handedOut == [0, 1])
    }

    @Test func `A cancel and a replacement in the replay are honoured`() {
        var script = Script(from: 2, end: 4, store: SimulatedStore(pending: pending))
        script.loadPage()
        script.read(Script.cancel("a", offset: 2), Script.create("b", offset: 3, due: 50))
        script.settleStore()
        script.time(50)
        #expect(script.handedOut == [3])
        script.acknowledge()
        script.settleStore()
        #expect(script.timeline.isEmpty)
        #expect(script.record("a")?.state == .cancelled)
        #expect(script.committed == 4)
    }

    @Test func `A cancel and a replacement read before the page are honoured`() {
        var script = Script(from: 2, end: 4, store: SimulatedStore(pending: pending))
        script.read(Script.cancel("a", offset: 2), Script.create("b", offset: 3, due: 50))
        script.loadPage()
        script.settleStore()
        script.time(50)
        #expect(script.handedOut == [3])
        script.acknowledge()
        script.settleStore()
        #expect(script.timeline.isEmpty)
    }

    @Test func `The end of the log counts as read although its last offsets hold no records`() {
        var script = Script(from: 2, end: 9, store: SimulatedStore(pending: pending))
        script.settleStore()
        #expect(script.handedOut.isEmpty)
        script.event { $0.intakeEndReached($0.nextOffset, now: $1, &$2) }
        #expect(script.handedOut == [0, 1])
    }

    @Test func `A replay without end is fired into when it takes too long, which no step of the clock can say`() {
        var script = Script(from: 2, end: 1_000_000, store: SimulatedStore(pending: pending))
        script.settleStore()
        #expect(script.scheduler.wakeAt == nil)
        script.time(86_400_000)
        #expect(script.handedOut.isEmpty && script.scheduler.isCatchingUp)
        script.time(10)
        script.delayCatchUp()
        #expect(script.handedOut == [0, 1] && script.scheduler.isRunning)
    }

    @Test func `A replay that takes too long is fired into once the first page is there`() {
        var script = Script(from: 2, end: 1_000_000, store: SimulatedStore(pending: pending))
        script.delayCatchUp()
        #expect(script.handedOut.isEmpty)
        script.settleStore()
        #expect(script.handedOut == [0, 1])
    }

    private static var threeUnsettled: SchedulerLimits {
        var limits = SchedulerLimits()
        limits.maxUnsettled = 3
        return limits
    }

    @Test func `A replay that comes to a bound is fired into only where nothing else makes room`() {
        var script = Script(from: 0, end: 1_000_000, limits: Self.threeUnsettled)
        script.loadPage()
        for offset in 0..<2 { script.create("due\(offset)", offset: Int64(offset), due: -5) }
        script.answerLookUps()
        #expect(script.handedOut.isEmpty && !script.scheduler.isPaused)
        script.create("later", offset: 2, due: 700_000)
        script.answerLookUps()
        #expect(script.handedOut.isEmpty && script.scheduler.isPaused)
        // The write makes room, though less than half.
        script.writeChanges()
        #expect(script.handedOut.isEmpty && !script.scheduler.isPaused)
        script.create("due3", offset: 3, due: -6)
        #expect(script.handedOut.isEmpty && script.scheduler.isPaused)
        script.answerLookUps()
        #expect(script.handedOut == [3, 0, 1] && script.scheduler.isRunning)
        script.acknowledge()
        script.settleStore()
        #expect(script.committed == 4 && !script.scheduler.isPaused)
    }

    @Test func `A replay that comes to a bound is read on as soon as there is room, and a cancel in it is honoured`() {
        var script = Script(from: 0, end: 1_000_000, limits: Self.threeUnsettled)
        script.loadPage()
        script.create("due", offset: 0, due: -5)
        script.answerLookUps()
        script.read(Script.create("x", offset: 1, due: 700_000), Script.create("y", offset: 2, due: 700_000))
        script.answerLookUps()
        #expect(script.scheduler.isPaused)
        script.writeChanges()
        #expect(script.handedOut.isEmpty && !script.scheduler.isPaused)
        script.cancel("due", offset: 3)
        script.settleStore()
        script.delayCatchUp()
        #expect(script.handedOut.isEmpty && script.committed == 4)
    }

    @Test func `A replay that comes to a bound waits for the page on its way`() {
        var limits = Self.threeUnsettled
        limits.pageSize = 1
        let later = [Script.schedule("a", offset: 0, due: -2), Script.schedule("b", offset: 1, due: -1)]
        var script = Script(from: 2, end: 1_000_000, store: SimulatedStore(pending: later), limits: limits)
        script.loadPage()
        for offset in 2..<5 { script.create("due\(offset)", offset: Int64(offset), due: -5) }
        script.answerLookUps()
        #expect(script.handedOut.isEmpty && script.scheduler.isCatchingUp)
        script.loadPage()
        script.settleStore()
        #expect(script.handedOut == [2, 3, 4, 0, 1] && script.scheduler.isRunning)
    }

    @Test func `Firing waits for the answers about the replay`() {
        var script = Script(from: 2, end: 3, store: SimulatedStore(pending: pending))
        script.loadPage()
        script.create("c", offset: 2, due: 700_000)
        #expect(script.handedOut.isEmpty)
        script.answerLookUps()
        #expect(script.handedOut == [0, 1])
    }

    @Test func `A request that an owner before has delivered is not delivered again`() {
        var before = Script.running()
        before.create("a", offset: 0, due: 0)
        before.answerLookUps()
        before.acknowledge()
        before.writeChanges()
        var script = Script(from: 0, end: 1, store: before.store)
        script.loadPage()
        script.create("a", offset: 0, due: 0)
        script.settleStore()
        #expect(script.handedOut.isEmpty)
        #expect(script.committed == 1)
    }

    @Test func `A request that an owner before has stored is read again without harm`() {
        var before = Script.running()
        before.create("a", offset: 0, due: 50)
        before.settleStore()
        var script = Script(from: 0, end: 1, store: before.store)
        script.create("a", offset: 0, due: 50)
        script.settleStore()
        script.time(50)
        #expect(script.handedOut == [0])
        script.acknowledge()
        script.settleStore()
        #expect(script.timeline.isEmpty)
        #expect(script.committed == 1)
    }

    @Test func `A request that an owner before has replaced is not delivered`() {
        var before = Script.running()
        before.create("a", offset: 0, due: 50)
        before.create("a", offset: 1, due: 5_000_000)
        before.settleStore()
        var script = Script(from: 0, end: 2, store: before.store)
        script.loadPage()
        script.create("a", offset: 0, due: 50)
        script.time(60)
        script.settleStore()
        script.create("a", offset: 1, due: 5_000_000)
        script.settleStore()
        #expect(script.handedOut.isEmpty)
        #expect(script.timeline == [1])
    }

    @Test func `What an owner before failed to deliver and did not come to delete is deleted`() {
        let failed = Script.schedule("a", offset: 0, due: 50)
        var store = SimulatedStore(pending: [failed])
        store.apply([KeyChange(key: failed.key, record: KeyRecord(latest: failed, state: .failed))])
        var script = Script(from: 0, end: 1, store: store)
        script.create("a", offset: 0, due: 50)
        script.loadPage()
        script.settleStore()
        script.time(50)
        #expect(script.handedOut.isEmpty)
        #expect(script.timeline.isEmpty)
        #expect(script.committed == 1)
    }

    @Test func `A replacement that a page has brought stands although the requests before it are read again`() {
        let new = Script.schedule("a", offset: 2, due: 20_000)
        var script = Script(from: 0, end: 3, store: SimulatedStore(pending: [new]))
        script.loadPage()
        script.read(Script.create("a", offset: 0, due: 15_000), Script.cancel("a", offset: 1))
        script.settleStore()
        script.time(20_000)
        script.delayCatchUp()
        #expect(script.handedOut == [2])
        #expect(script.scheduler.counters.cancelled == 0)
    }

    @Test func `A cancel read again leaves alone the later create that a page brings behind it`() {
        var script = Script(
            from: 1,
            end: 3,
            store: SimulatedStore(pending: [Script.schedule("a", offset: 2, due: 20_000)])
        )
        script.cancel("a", offset: 1)
        script.loadPage()
        script.settleStore()
        script.time(20_000)
        script.delayCatchUp()
        #expect(script.handedOut == [2])
        #expect(script.scheduler.counters.cancelled == 0)
    }

    @Test func `A request that an owner before has replaced is deleted when it is read again`() {
        let old = Script.schedule("a", offset: 0, due: 5_000_000)
        let new = Script.schedule("a", offset: 1, due: 20_000)
        var script = Script(from: 0, end: 2, store: SimulatedStore(pending: [old, new]))
        script.loadPage()
        script.create("a", offset: 0, due: 5_000_000)
        script.settleStore()
        #expect(script.timeline == [1])
        #expect(script.committed == 1)
    }

    @Test func `A cancelled request is not new when it is read again while its item is being deleted`() {
        let cancelled = Script.schedule("a", offset: 0, due: 20_000)
        var store = SimulatedStore(pending: [cancelled])
        let record = KeyRecord(latest: cancelled, state: .cancelled, request: 1)
        store.apply([KeyChange(key: cancelled.key, record: record)])
        var script = Script(from: 0, end: 2, store: store)
        script.loadPage()
        #expect(script.storeCalls.count == 1)
        script.create("a", offset: 0, due: 20_000)
        script.settleStore()
        script.time(20_000)
        script.delayCatchUp()
        #expect(script.handedOut.isEmpty)
        #expect(script.timeline.isEmpty)
    }

    @Test func `A later request that an owner before has stored survives the delivery of an earlier one`() {
        // The replay took too long: the earlier one went out before its look-up was answered.
        var script = Script(
            from: 0,
            end: 2,
            store: SimulatedStore(pending: [Script.schedule("a", offset: 1, due: 5_000_000)])
        )
        script.loadPage()
        script.create("a", offset: 0, due: 20_000)
        script.time(20_000)
        script.delayCatchUp()
        #expect(script.handedOut == [0])
        script.settleStore()
        script.acknowledge()
        script.settleStore()
        #expect(script.timeline == [1])
        #expect(script.record("a")?.requestOffset == 1)
    }

    @Test(arguments: [false, true])
    func `A request of the replay waits also for a look-up that is not even asked`(isStuckFirst: Bool) {
        var limits = SchedulerLimits()
        limits.maxLookUpsInFlight = 1
        limits.maxKeysPerLookUp = 1
        var script = Script(from: 0, end: 2, limits: limits)
        script.loadPage()
        script.read(
            Script.create("a", offset: 0, due: 0, order: "x"),
            Script.create("b", offset: 1, due: 0, order: "y")
        )
        if isStuckFirst { script.delayLookUps() }
        script.delayCatchUp()
        if !isStuckFirst { script.delayLookUps() }
        #expect(script.scheduler.isRunning)
        #expect(script.handedOut.isEmpty)
        script.settleStore()
        #expect(script.handedOut == [0, 1])
    }

    @Test func `A page that is thrown away does not count as the first`() {
        var limits = SchedulerLimits()
        limits.maxUnsettled = 2
        var script = Script(limits: limits)
        for offset in Int64(0)..<4 {
            script.create("k\(offset)", offset: offset, due: 5_000_000)
            script.answerLookUps()
            script.writeChanges()
        }
        script.loadPage()
        #expect(!script.scheduler.isRunning)
        script.loadPage()
        #expect(script.scheduler.isRunning)
    }

    @Test func `A request that is read when its schedule has failed already does not go out again`() {
        let schedule = Script.schedule("a", offset: 5, due: 10)
        var script = Script(from: 5, end: 6, store: SimulatedStore(pending: [schedule]))
        script.loadPage()
        // Reading takes longer than firing waits for it.
        script.time(20_000)
        script.delayCatchUp()
        #expect(script.handedOut == [5])
        script.fail()
        script.acknowledgeDeadLetters()
        script.create("a", offset: 5, due: 10)
        script.settleStore()
        #expect(script.handedOut == [5])
        #expect(script.committed == 6)
        #expect(script.record("a")?.state == .failed)
        #expect(script.timeline.isEmpty)
    }
}
