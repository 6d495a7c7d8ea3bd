import SimulatedStore
import Testing

@testable import Scheduling

/// Design rule "Bounded".
@Suite struct BoundedTests {
    @Test func `Past the limit the farthest residents are let go, and the horizon comes nearer`() {
        var limits = SchedulerLimits()
        limits.maxResident = 8
        var script = Script.running(limits: limits)
        for offset in Int64(0)..<9 { script.create("k\(offset)", offset: offset, due: 1_000 * (9 - offset)) }
        #expect(script.scheduler.residentCount == 6)
        #expect(script.scheduler.keys.window.horizon == Script.schedule("k3", offset: 3, due: 6_000).position)
        script.settleStore()
        #expect(script.timeline.count == 9)
        #expect(script.scheduler.keys.table.count == 6)
    }

    @Test func `What was let go comes back and fires in its time`() {
        var limits = SchedulerLimits()
        limits.maxResident = 8
        var script = Script.running(limits: limits)
        for offset in Int64(0)..<40 { script.create("k\(offset)", offset: offset, due: 1_000 * (40 - offset)) }
        for delay in stride(from: Int64(0), through: 40_000, by: 500) {
            script.time(delay)
            script.acknowledge()
            script.settleStore()
            #expect(script.scheduler.residentCount <= 8)
            #expect(script.handedOut.count == Int(delay / 1_000))
        }
        #expect(script.handedOut == Array((0..<40).reversed()))
    }

    @Test func `Residents are bounded by their bytes as well`() {
        var limits = SchedulerLimits()
        limits.maxResidentBytes = 1_000
        var script = Script.running(limits: limits)
        for offset in Int64(0)..<11 {
            script.create("k\(offset)", offset: offset, due: 1_000 * (offset + 1), bytes: 100)
        }
        #expect(script.scheduler.residentBytes == 700)
        script.settleStore()
        #expect(script.scheduler.bytesInMemory == 700)
        #expect(script.timeline.count == 11)
    }

    @Test func `One schedule heavier than the bound still goes out`() {
        var limits = SchedulerLimits()
        limits.maxResidentBytes = 1_000
        var script = Script.running(limits: limits)
        script.create("a", offset: 0, due: 50, bytes: 1_500)
        script.time(50)
        #expect(script.handedOut == [0])
    }

    @Test func `The intake is paused at the limit of unsettled offsets and resumed at half of it`() {
        var limits = SchedulerLimits()
        limits.maxUnsettled = 4
        limits.maxChangesPerCall = 1
        limits.maxStoreCallsInFlight = 4
        var script = Script.running(limits: limits)
        for offset in Int64(0)..<3 { script.create("k\(offset)", offset: offset, due: 700_000) }
        #expect(!script.isPaused)
        script.create("k3", offset: 3, due: 700_000)
        #expect(script.isPaused)
        script.answerLookUps()
        let calls = script.applyChanges()
        script.confirm(calls[0])
        #expect(script.isPaused)
        script.confirm(calls[1])
        #expect(!script.isPaused)
    }

    @Test func `The intake is paused when deliveries and writes weigh too much`() {
        var limits = SchedulerLimits()
        limits.maxResidentBytes = 1_000
        var script = Script.running(limits: limits)
        for offset in Int64(0)..<3 {
            script.create("k\(offset)", offset: offset, due: 700_000, bytes: 500)
            #expect(!script.isPaused)
        }
        script.create("k3", offset: 3, due: 700_000, bytes: 500)
        #expect(script.isPaused)
        script.time(1)
        #expect(script.isPaused)
        script.settleStore()
        #expect(!script.isPaused)
        #expect(script.scheduler.bytesInMemory == 0)
    }

    @Test func `The intake is paused when one unsettled offset holds up too many settled ones`() {
        var limits = SchedulerLimits()
        limits.maxUncommitted = 10
        var script = Script.running(limits: limits)
        script.read(.rejected(offset: 0), .rejected(offset: 1), .rejected(offset: 2))
        for offset in Int64(3)..<10 {
            script.create("k\(offset)", offset: offset, due: 700_000)
            script.settleStore()
        }
        #expect(script.isPaused)
        script.event { $0.requestDeadLettered(0, now: $1, &$2) }
        script.event { $0.requestDeadLettered(1, now: $1, &$2) }
        #expect(script.committed == 2)
        #expect(script.isPaused)
        script.event { $0.requestDeadLettered(2, now: $1, &$2) }
        #expect(!script.isPaused)
        #expect(script.committed == 10)
    }

    @Test func `The intake is paused when too many due schedules wait for one in front of them, settled or not`() {
        var limits = SchedulerLimits()
        limits.maxResident = 4
        var script = Script.running(limits: limits)
        script.create("front", offset: 0, due: 0)
        let front = script.lookUps[0]
        for offset in Int64(1)...3 {
            script.call("k\(offset)", offset: offset, due: offset)
            let call = script.lookUps[1]
            script.answer(call.id, script.store.lookUp(call.keys))
            script.writeChanges()
            script.time(offset)
        }
        #expect(script.scheduler.unsettledCount == 1)
        #expect(script.isPaused)
        script.answer(front.id, script.store.lookUp(front.keys))
        #expect(!script.isPaused)
        #expect(script.handedOut == [0, 1, 2, 3])
    }

    @Test func `Ten thousand schedules at one instant go out page by page, in order`() {
        var limits = SchedulerLimits()
        limits.maxResident = 100
        limits.maxDeliveriesInFlight = 40
        let pending = (0..<10_000).map { Script.schedule("k\($0)", offset: Int64($0), due: 50) }
        var script = Script(from: 10_000, end: 10_000, store: SimulatedStore(pending: pending), limits: limits)
        script.settleStore()
        script.time(50)
        while !script.inFlight.isEmpty {
            #expect(script.scheduler.residentCount <= 100)
            #expect(script.inFlight.count <= 40)
            script.acknowledge()
            script.settleStore()
        }
        #expect(script.handedOut == Array(0..<10_000))
        #expect(script.timeline.isEmpty)
    }

    @Test func `Those held back by a look-up count as resident, so that pages do not pile up behind it`() {
        var limits = SchedulerLimits()
        limits.maxResident = 10
        let pending = (0..<200).map { Script.schedule("k\($0)", offset: Int64($0), due: 50) }
        var script = Script(from: 200, end: 201, store: SimulatedStore(pending: pending), limits: limits)
        script.create("a", offset: 200, due: -10)
        script.delayCatchUp()
        for delay in 0..<100 {
            if script.pageCall != nil { script.loadPage() }
            script.time(1_000 + Int64(delay))
        }
        #expect(script.handedOut.isEmpty)
        #expect(script.scheduler.keys.table.count <= 12)
        script.settleStore()
        while !script.inFlight.isEmpty {
            script.acknowledge()
            script.settleStore()
        }
        #expect(script.handedOut == [200] + Array(0..<200))
    }

    @Test func `Deliveries whose items wait to be deleted are bounded, so that pages do not run ahead of the writes`() {
        var limits = SchedulerLimits()
        limits.maxResident = 10
        limits.maxUnsettled = 20
        limits.maxChangesPerCall = 1
        limits.maxStoreCallsInFlight = 1
        let pending = (0..<500).map { Script.schedule("k\($0)", offset: Int64($0), due: 50) }
        var script = Script(from: 500, end: 500, store: SimulatedStore(pending: pending), limits: limits)
        script.now += 50
        while script.pageCall != nil {
            script.loadPage()
            script.acknowledge()
        }
        #expect(script.handedOut.count >= 10)
        #expect(script.scheduler.keys.table.count <= 40)
        script.settleStore()
        while !script.inFlight.isEmpty {
            script.acknowledge()
            script.settleStore()
        }
        #expect(script.handedOut == Array(0..<500))
        #expect(script.timeline.isEmpty)
    }

    @Test func `Store calls and look-ups in flight keep their limits, and the rest gathers`() {
        var limits = SchedulerLimits()
        limits.maxLookUpsInFlight = 2
        limits.maxKeysPerLookUp = 3
        limits.maxStoreCallsInFlight = 2
        limits.maxChangesPerCall = 3
        var script = Script.running(limits: limits)
        script.read((0..<20).map { Script.create("k\($0)", offset: $0, due: 700_000) })
        #expect(script.lookUps.map(\.keys.count) == [3, 3])
        while !script.lookUps.isEmpty { script.answerLookUps() }
        #expect(script.storeCalls.count == 2)
        #expect(script.storeCalls.allSatisfy { $0.changes.count <= 3 })
        script.settleStore()
        #expect(script.committed == 20)
    }

    @Test func `What is let go while a page is on its way does not wait for that page`() {
        var limits = SchedulerLimits()
        limits.maxResident = 8
        var script = Script.running(limits: limits)
        script.time(300_000)
        for offset in Int64(0)..<9 { script.create("k\(offset)", offset: offset, due: 400_000 + offset) }
        while !script.lookUps.isEmpty || !script.storeCalls.isEmpty {
            script.answerLookUps()
            script.writeChanges()
        }
        #expect(script.pageCall != nil)
        #expect(script.scheduler.keys.table.count == 6)
    }

    @Test func `A page is thrown away when more is deleted on its way than is worth remembering`() {
        var limits = SchedulerLimits()
        limits.maxUnsettled = 2
        var script = Script.running(limits: limits)
        for offset in Int64(0)..<4 { script.create("k\(offset)", offset: offset, due: 50) }
        script.settleStore()
        script.time(300_000)
        let page = script.readPage()
        let call = script.pageCall
        script.acknowledge()
        script.writeChanges()
        script.arrive(page)
        #expect(script.pageCall == call)
    }

    @Test func `A page has no more items than there is room beside those in the holding pen`() {
        var limits = SchedulerLimits()
        limits.maxResident = 10
        var script = Script.running(limits: limits)
        script.read((0..<3).map { Script.create("k\($0)", offset: $0, due: 0) })
        #expect(script.scheduler.residentCount == 0)
        script.time(300_000)
        #expect(script.pageCall?.limit == 7)
    }

    @Test func `Those in the holding pen leave no room for a page while they are many`() {
        var limits = SchedulerLimits()
        limits.maxResident = 10
        var script = Script.running(limits: limits)
        script.read((0..<6).map { Script.create("k\($0)", offset: $0, due: 0) })
        script.time(300_000)
        #expect(script.pageCall == nil)
        script.answerLookUps()
        #expect(script.pageCall != nil)
    }

    @Test func `Those in the holding pen leave no room for a page while they are heavy`() {
        var limits = SchedulerLimits()
        limits.maxResidentBytes = 1_000
        var script = Script.running(limits: limits)
        script.create("a", offset: 0, due: 0, bytes: 600)
        script.time(300_000)
        #expect(script.pageCall == nil)
        script.answerLookUps()
        #expect(script.pageCall != nil)
    }

    @Test func `While no more deliveries may be in flight there is nothing to wake for`() {
        var limits = SchedulerLimits()
        limits.maxDeliveriesInFlight = 1
        var script = Script.running(limits: limits)
        script.read(Script.create("a", offset: 0, due: 50), Script.create("b", offset: 1, due: 50))
        script.time(50)
        #expect(script.handedOut == [0])
        #expect(script.scheduler.wakeAt?.rawValue == Script.start + 300_000)
        script.acknowledge()
        #expect(script.handedOut == [0, 1])
    }
}
