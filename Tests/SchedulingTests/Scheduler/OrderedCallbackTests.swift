import SimulatedStore
import Testing

@testable import Scheduling

/// A callback with `"ordered": true` holds the next schedule of its ordering key until it has ended.
@Suite struct OrderedCallbackTests {
    /// Two of one ordering key, stored and due, the first of them ordered.
    private static func two(limits: SchedulerLimits = SchedulerLimits()) -> Script {
        var script = Script.running(limits: limits)
        script.call("a", 0, due: 50, ordered: true)
        script.create("b", 1, due: 60)
        script.settleStore()
        script.time(100)
        return script
    }

    @Test func `The next one waits until this one has succeeded`() {
        var script = Self.two()
        #expect(script.handedOut == [0])
        #expect(script.scheduler.heldCount == 1)
        script.acknowledge()
        #expect(script.handedOut == [0, 1])
        #expect(script.scheduler.gate.holderCount == 0)
    }

    @Test func `Other ordering keys do not wait, nor does what came before`() {
        var script = Self.two()
        script.create("c", 2, due: 60, order: "other")
        script.create("d", 3, due: 40)
        script.settleStore()
        #expect(script.handedOut == [0, 2, 3])
    }

    @Test func `It waits until this one is a dead letter`() {
        var script = Self.two()
        script.fail()
        #expect(script.handedOut == [0])
        script.acknowledgeDeadLetters()
        #expect(script.handedOut == [0, 1])
    }

    @Test func `Behind an attempt that comes soon it waits in memory`() {
        var script = Self.two()
        script.putOff(to: 1_500)
        script.settleStore()
        #expect(script.scheduler.heldCount == 1)
        script.time(1_500)
        #expect(script.handedOut == [0, 0])
        script.acknowledge()
        #expect(script.handedOut == [0, 0, 1])
        script.acknowledge()
        script.settleStore()
        #expect(script.timeline.isEmpty)
    }

    @Test func `Behind an attempt that comes late it waits in the store, in order`() {
        var script = Self.two()
        script.create("c", 2, due: 61)
        script.settleStore()
        script.putOff(to: 50_000)
        script.create("d", 3, due: 62)
        script.settleStore()
        #expect(script.scheduler.heldCount == 0)
        #expect(script.timeline == [0, 1, 2, 3])
        let times = script.store.timeline.keys.sorted().map { $0.time.rawValue - Script.start }
        #expect(times == [50_000, 50_001, 50_002, 50_003])
        script.time(50_100)
        #expect(script.handedOut == [0, 0])
        script.acknowledge()
        #expect(script.handedOut == [0, 0, 1, 2, 3])
    }

    @Test func `What waits for a bounded memory waits in the store`() {
        var limits = SchedulerLimits()
        limits.maxHeld = 1
        var script = Self.two(limits: limits)
        script.create("c", 2, due: 61)
        script.settleStore()
        #expect(script.scheduler.heldCount == 1)
        #expect(script.timeline == [0, 1, 2])
        #expect(script.store.timeline.keys.max()?.time.rawValue ?? 0 >= Script.start + limits.heldMilliseconds)
        script.acknowledge(0)
        script.settleStore()
        script.time(5_000)
        #expect(script.handedOut == [0, 1, 2])
    }

    @Test func `A cancel of this one lets the next one go`() {
        var script = Self.two()
        script.putOff(to: 1_500)
        script.settleStore()
        script.cancel("a", 2)
        #expect(script.handedOut == [0, 1])
    }

    @Test func `What waits can be cancelled`() {
        var script = Self.two()
        script.cancel("b", 2)
        script.acknowledge()
        script.settleStore()
        #expect(script.handedOut == [0])
        #expect(script.timeline.isEmpty)
    }

    @Test func `What has ended elsewhere holds nothing once a page shows that it is gone`() {
        var limits = SchedulerLimits()
        limits.horizonMilliseconds = 1_000
        var script = Self.two(limits: limits)
        script.putOff(to: 50_000)
        script.settleStore()
        #expect(script.timeline == [0, 1])
        // An owner that has lost the partition without noticing has delivered it.
        let place = Position(time: EpochMilliseconds(rawValue: Script.start + 50_000), offset: 0)
        script.store.apply([KeyChange(key: ScheduleKey(clientID: "c", scheduleKey: "a"), deletes: [place])])
        script.time(50_100)
        script.settleStore()
        #expect(script.handedOut == [0, 1])
        #expect(script.scheduler.gate.holderCount == 0)
    }

    @Test func `The next owner holds the key once it has loaded the retry`() {
        let first = Script.schedule("a", 0, due: 50, target: Script.orderedCallback)
        let retry = Retry(scheduleTime: first.scheduleTime, attempt: 2, failure: "answered 503")
        let again = first.again(at: EpochMilliseconds(rawValue: Script.start + 1_500), retry: retry)
        let next = Script.schedule("b", 1, due: 60)
        var script = Script(from: 2, end: 2, store: SimulatedStore(pending: [again, next]))
        script.settleStore()
        script.time(100)
        #expect(script.handedOut.isEmpty)
        script.time(1_500)
        #expect(script.handedOut == [0])
        script.acknowledge()
        #expect(script.handedOut == [0, 1])
    }
}
