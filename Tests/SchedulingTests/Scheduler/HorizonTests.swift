import SimulatedStore
import Testing

@testable import Scheduling

/// Design rule "Horizon": every pending schedule at or below the horizon is resident.
@Suite struct HorizonTests {
    @Test func `A create at or below the horizon goes into the wheel at once`() {
        var script = Script.running()
        #expect(script.scheduler.keys.window.horizon == .end(of: EpochMilliseconds(rawValue: Script.start + 600_000)))
        script.read(Script.create("a", offset: 0, due: 1), Script.create("b", offset: 1, due: 600_000))
        #expect(script.scheduler.residentCount == 2)
    }

    @Test func `A create beyond the horizon goes to the store alone, and memory forgets it`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 600_001)
        #expect(script.scheduler.residentCount == 0)
        script.settleStore()
        #expect(script.timeline == [0])
        #expect(script.scheduler.bytesInMemory == 0)
        #expect(script.scheduler.keys.table.count == 0)
    }

    @Test func `A create on its way to the store when a page arrives becomes resident if the page covers it`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 700_000)
        script.answerLookUps()
        #expect(script.storeCalls.count == 1)
        script.time(300_000)
        script.loadPage()
        #expect(script.scheduler.residentCount == 1)
        script.writeChanges()
        script.time(700_000)
        #expect(script.handedOut == [0])
    }

    @Test func `A create whose key is still being looked up becomes resident when a page covers it`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 700_000)
        script.time(300_000)
        script.loadPage()
        #expect(script.scheduler.residentCount == 1)
        script.time(700_000)
        #expect(script.handedOut == [0])
    }

    @Test func `A schedule stored between a page's read and its arrival is not forgotten`() {
        var script = Script.running()
        script.time(300_000)
        let page = script.readPage()
        script.create("a", offset: 0, due: 700_000)
        script.answerLookUps()
        script.writeChanges()
        script.arrive(page)
        #expect(page.items.isEmpty)
        script.time(700_000)
        #expect(script.handedOut == [0])
    }

    @Test func `What is kept for a page's sake and lies beyond it is let go when it arrives`() {
        var script = Script.running()
        script.time(300_000)
        let page = script.readPage()
        script.create("a", offset: 0, due: 5_000_000)
        script.answerLookUps()
        script.writeChanges()
        #expect(script.scheduler.keys.table.count == 1)
        script.arrive(page)
        #expect(script.scheduler.keys.table.count == 0)
    }

    @Test func `A page that would cost too much to wait for is thrown away and asked for again`() {
        var limits = SchedulerLimits()
        limits.maxUnsettled = 2
        var script = Script.running(limits: limits)
        script.time(300_000)
        let page = script.readPage()
        for offset in 0..<4 {
            script.create("k\(offset)", offset: Int64(offset), due: 700_000)
            script.answerLookUps()
            script.writeChanges()
        }
        script.arrive(page)
        #expect(script.scheduler.residentCount < 4)
        #expect(script.pageCall != nil)
        script.loadPage()
        #expect(script.scheduler.residentCount == 4)
    }

    @Test func `A schedule delivered between a page's read and its arrival does not come back`() {
        let schedule = Script.schedule("a", offset: 0, due: 10)
        var script = Script(from: 1, end: 1, store: SimulatedStore(pending: [schedule]))
        script.loadPage()
        script.time(300_000)
        let page = TimelinePage(items: [TimelineItem(schedule: schedule, record: nil)], reachedEnd: true)
        script.acknowledge()
        script.writeChanges()
        script.arrive(page)
        #expect(script.scheduler.residentCount == 0)
        #expect(script.handedOut == [0])
    }

    @Test func `A schedule whose delete is on its way does not come back with a page`() {
        let schedule = Script.schedule("a", offset: 0, due: 400_000)
        var script = Script(from: 1, end: 1, store: SimulatedStore(pending: [schedule]))
        script.loadPage()
        script.time(300_000)
        script.cancel("a", offset: 1)
        script.arrive(TimelinePage(items: [TimelineItem(schedule: schedule, record: nil)], reachedEnd: true))
        #expect(script.scheduler.residentCount == 0)
        script.time(400_000)
        #expect(script.handedOut.isEmpty)
    }

    @Test func `A schedule in flight does not come back with a page`() {
        let schedule = Script.schedule("a", offset: 0, due: 10)
        var script = Script(from: 1, end: 1, store: SimulatedStore(pending: [schedule]))
        script.loadPage()
        script.time(300_000)
        script.arrive(TimelinePage(items: [TimelineItem(schedule: schedule, record: nil)], reachedEnd: true))
        script.time(300_001)
        #expect(script.handedOut == [0])
        #expect(script.scheduler.residentCount == 0)
    }

    @Test func `The next page is asked for when half the horizon has passed, and not before`() {
        var script = Script.running()
        script.time(299_999)
        #expect(script.pageCall == nil)
        #expect(script.scheduler.wakeAt?.rawValue == Script.start + 300_000)
        script.time(300_000)
        #expect(script.pageCall?.after == .end(of: EpochMilliseconds(rawValue: Script.start + 600_000)))
        #expect(script.pageCall?.through.rawValue == Script.start + 900_000)
    }

    @Test func `A page that ends early moves the horizon to its last item only`() {
        var limits = SchedulerLimits()
        limits.pageSize = 2
        let pending = (0..<3).map { Script.schedule("k\($0)", offset: Int64($0), due: 1_000 * Int64($0 + 1)) }
        var script = Script(from: 3, end: 3, store: SimulatedStore(pending: pending), limits: limits)
        script.loadPage()
        #expect(script.scheduler.keys.window.horizon == pending[1].position)
        #expect(script.pageCall?.after == pending[1].position)
        script.create("z", offset: 3, due: 2_001)
        #expect(script.scheduler.residentCount == 2)
        script.loadPage()
        #expect(script.scheduler.residentCount == 4)
    }
}
