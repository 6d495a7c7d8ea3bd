import Testing

@testable import Scheduling

/// Design rule "Settled": the committed offset is the lowest unsettled one.
@Suite struct SettledTests {
    @Test func `Nothing is committed before the store has it`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 700_000)
        script.answerLookUps()
        #expect(script.committed == nil)
        script.writeChanges()
        #expect(script.committed == 1)
    }

    @Test func `A settled offset above an unsettled one waits`() {
        var limits = SchedulerLimits()
        limits.maxChangesPerCall = 1
        var script = Script.running(limits: limits)
        script.read(Script.create("a", offset: 0, due: 700_000), Script.create("b", offset: 1, due: 700_000))
        script.answerLookUps()
        let calls = script.applyChanges()
        #expect(calls.count == 2)
        script.confirm(calls[1])
        #expect(script.committed == nil)
        script.confirm(calls[0])
        #expect(script.committed == 2)
    }

    @Test func `An owner that is at the end of its partition commits the end, markers of transactions included`() {
        var script = Script.running()
        script.event { $0.intakeEndReached(3, now: $1, &$2) }
        #expect(script.committed == 3)
        script.create("a", offset: 3, due: 700_000)
        script.event { $0.intakeEndReached(6, now: $1, &$2) }
        #expect(script.committed == 3, "the create is not settled")
        script.settleStore()
        #expect(script.committed == 6)
    }

    @Test func `An owner that drains takes no end for its own`() {
        var script = Script.running()
        script.event { $0.drain($1, &$2) }
        script.event { $0.intakeEndReached(3, now: $1, &$2) }
        #expect(script.committed == nil)
    }

    @Test func `A rejected request is settled when the dead-letter topic has it`() {
        var script = Script.running()
        script.read(.rejected(offset: 0), Script.create("a", offset: 1, due: 700_000))
        script.settleStore()
        #expect(script.committed == nil)
        script.event { $0.requestDeadLettered(0, now: $1, &$2) }
        #expect(script.committed == 2)
    }

    @Test func `A dead letter acknowledged for a request that is not outstanding changes nothing`() {
        var script = Script.running()
        script.read(.rejected(offset: 0))
        script.event { $0.requestDeadLettered(0, now: $1, &$2) }
        script.event { $0.requestDeadLettered(0, now: $1, &$2) }
        script.event { $0.requestDeadLettered(7, now: $1, &$2) }
        #expect(script.committed == 1)
    }

    @Test func `A delivery that nobody has acknowledged holds the commit back`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 0)
        script.answerLookUps()
        #expect(script.handedOut == [0])
        script.create("b", offset: 1, due: 700_000)
        script.settleStore()
        #expect(script.committed == nil)
        script.acknowledge()
        #expect(script.committed == nil)
        script.writeChanges()
        #expect(script.committed == 2)
    }

    @Test func `A failed delivery is settled when its dead letter and its key record are written`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 0)
        script.answerLookUps()
        script.fail()
        #expect(script.deadLetters.map(\.failure.code) == [.unknownTopic])
        #expect(script.storeCalls.isEmpty)
        script.acknowledgeDeadLetters()
        #expect(script.committed == nil)
        script.writeChanges()
        #expect(script.committed == 1)
    }

    @Test func `A cancel is settled with the write that carries it out`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 700_000)
        script.settleStore()
        script.cancel("a", offset: 1)
        script.answerLookUps()
        #expect(script.committed == 1)
        script.writeChanges()
        #expect(script.committed == 2)
    }

    @Test func `Gaps in the log are passed over`() {
        var script = Script.running()
        script.read(Script.create("a", offset: 3, due: 700_000), Script.create("b", offset: 9, due: 700_000))
        #expect(script.scheduler.nextOffset == 10)
        script.settleStore()
        #expect(script.committed == 10)
    }

    @Test func `A record read twice is taken once`() {
        var script = Script.running()
        script.create("a", offset: 0, due: 10)
        script.create("a", offset: 0, due: 10)
        #expect(script.scheduler.counters.created == 1)
        script.settleStore()
        script.time(10)
        #expect(script.handedOut == [0])
    }
}
