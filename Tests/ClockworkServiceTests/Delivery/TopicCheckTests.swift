import Runtime
import Scheduling
import Testing

@testable import ClockworkService

/// Which topics are checked, when, and what follows.
@Suite struct TopicCheckTests {
    @Test func `a topic is checked once before anything is produced to it`() {
        var script = QueuesScript()
        script.send([1, 2], to: "a")
        #expect(script.steps() == [.check("a")])
        script.pass(60_000)
        #expect(script.steps() == [])
        script.checked("a", exists: true)
        script.send([3], to: "a")
        #expect(script.steps() == [.produce(1), .produce(2), .produce(3)])
    }

    @Test func `a topic that no check has found yet is missing after four seconds of checks`() {
        var script = QueuesScript()
        script.send([1], to: "a")
        #expect(script.steps() == [.check("a")])
        script.checked("a", exists: false)
        script.send([2], to: "a")
        #expect(script.steps() == [])
        #expect(script.queues.wakeAt == Uptime(milliseconds: 3_000))
        script.pass(1_999)
        #expect(script.steps() == [])
        script.pass(1)
        #expect(script.steps() == [.check("a")])
        script.checked("a", exists: false)
        #expect(script.steps() == [])
        script.pass(2_000)
        #expect(script.steps() == [.check("a")])
        script.checked("a", exists: false)
        #expect(script.steps() == [.failed(1, .unknown("a")), .failed(2, .unknown("a"))])
    }

    @Test func `a topic that the second check finds is delivered to`() {
        var script = QueuesScript()
        script.send([1], to: "a")
        _ = script.steps()
        script.checked("a", exists: false)
        script.pass(2_000)
        #expect(script.steps() == [.check("a")])
        script.checked("a", exists: true)
        #expect(script.steps() == [.produce(1)])
    }

    /// Has a topic that was never there given up.
    private func giveUp(_ topic: String, _ script: inout QueuesScript) {
        script.send([0], to: topic)
        for _ in 0..<3 {
            script.checked(topic, exists: false)
            script.pass(2_000)
        }
        #expect(script.steps().last == .failed(0, .unknown(topic)))
    }

    @Test func `a missing topic is looked at again for what comes later, and after a silence as if for the first time`()
    {
        var script = QueuesScript()
        giveUp("a", &script)
        script.send([2], to: "a")
        #expect(script.steps() == [.check("a")])
        script.checked("a", exists: false)
        #expect(script.steps() == [.failed(2, .unknown("a"))])
        script.send([3], to: "a")
        script.pass(1_999)
        script.send([4], to: "a")
        #expect(script.steps() == [])
        script.pass(1)
        #expect(script.steps() == [.check("a")])
        script.checked("a", exists: false)
        #expect(script.steps() == [.failed(3, .unknown("a")), .failed(4, .unknown("a"))])
        script.pass(10_001)
        script.send([5], to: "a")
        #expect(script.steps() == [.check("a")])
        script.checked("a", exists: false)
        #expect(script.steps() == [])
        script.pass(2_000)
        #expect(script.steps() == [.check("a")])
        script.checked("a", exists: true)
        #expect(script.steps() == [.produce(5)])
    }

    @Test(arguments: [false, true])
    func `a check without an answer is repeated after a second and counts for nothing`(isSecond: Bool) {
        var script = QueuesScript()
        script.send([1], to: "a")
        _ = script.steps()
        if isSecond {
            script.checked("a", exists: false)
            script.pass(2_000)
            _ = script.steps()
        }
        for _ in 0..<5 {
            script.checked("a", exists: nil)
            script.pass(999)
            #expect(script.steps() == [])
            script.pass(1)
            #expect(script.steps() == [.check("a")])
        }
        script.checked("a", exists: true)
        #expect(script.steps() == [.produce(1)])
    }

    @Test func `the dead-letter topic is never checked`() {
        var script = QueuesScript()
        script.sendLetter(1)
        #expect(script.steps() == [.produceLetter(offset: 1, bytes: 8)])
        script.report(1, .unknownTopic)
        #expect(script.steps() == [.retry("letters", isFirst: true)])
        #expect(script.obstacles == ["Dead letters cannot be written. Topic letters does not exist."])
        script.pass(500)
        #expect(script.steps() == [.produceLetter(offset: 1, bytes: 8)])
        script.report(1, .written)
        #expect(script.steps() == [.recovery("letters"), .deadLettered(.request(offset: 1))])
        #expect(script.obstacles == [])
    }

    @Test(arguments: [ReportVerdict.unknownTopic, .topicRefuses(reason: "no")])
    func `what a report says of a topic holds its records in order, one at a time, until the topic takes one`(
        verdict: ReportVerdict
    ) {
        let isUnknown = verdict == .unknownTopic
        var script = QueuesScript(known: ["a"], share: 3)
        script.send([1, 2, 3, 4], to: "a")
        #expect(script.steps() == [.produce(1), .produce(2), .produce(3)])
        script.report([3, 2], verdict)
        script.send([5], to: "a")
        script.report(1, .written)
        script.report(3, .written)
        // The written one has cleared the doubt, not ended the pause.
        let looked: [QueuesScript.Step] = isUnknown ? [.check("a")] : []
        #expect(script.steps().filter { $0 == .check("a") } == looked)
        if isUnknown { script.checked("a", exists: true) }
        script.pass(500)
        #expect(script.steps() == [.produce(2), .produce(3), .produce(4)])
        script.report([2, 3, 4], verdict)
        _ = script.steps()
        for _ in 0..<11 {
            if isUnknown { script.checked("a", exists: true) }
            script.pass(5_000)
            let steps = script.steps().filter { $0 != .check("a") }
            #expect(steps == [.produce(2)])
            script.report(2, verdict)
            #expect(!script.steps().contains(.failed(2, .unknown("a"))))
        }
        if isUnknown { script.checked("a", exists: true) }
        script.pass(5_000)
        #expect(script.steps().filter { $0 != .check("a") } == [.produce(2)])
        script.report(2, .written)
        #expect(script.steps() == [.recovery("a"), .delivered(2), .produce(3), .produce(4), .produce(5)])
    }

    @Test(arguments: [ReportVerdict.unknownTopic, .topicRefuses(reason: "no")])
    func `what a report says of a topic is final after sixty seconds for all that waits, and what comes later is tried`(
        verdict: ReportVerdict
    ) {
        let failure: DeliveryFailure = verdict == .unknownTopic ? .unknown("a") : .refused(by: "a", "no")
        var script = QueuesScript(known: ["a"])
        script.send([1, 2], to: "a")
        _ = script.steps()
        script.report([1, 2], verdict)
        let start = script.now.uptime.milliseconds
        while script.now.uptime.milliseconds < start + 60_000 {
            #expect(!script.steps().contains(.failed(1, failure)))
            script.checked("a", exists: true)
            script.pass(min(5_000, start + 60_000 - script.now.uptime.milliseconds))
            _ = script.steps()
            script.report(1, verdict)
        }
        #expect(script.steps().filter { $0 != .check("a") } == [.failed(1, failure), .failed(2, failure)])
        var steps: [QueuesScript.Step] = []
        for (token, verdict) in [(3, verdict), (4, .written)] {
            script.send([token], to: "a")
            steps += script.steps()
            script.checked("a", exists: true)
            script.pass(2_000)
            steps += script.steps()
            script.report(token, verdict)
            steps += script.steps()
        }
        let ends: [QueuesScript.Step] = [.produce(3), .failed(3, failure), .produce(4), .recovery("a"), .delivered(4)]
        #expect(steps.filter { $0 != .check("a") } == ends)
    }

    @Test func `a topic that was there before is missing after sixty seconds without it`() {
        var script = QueuesScript(known: ["a"])
        script.send([1], to: "a")
        _ = script.steps()
        script.report(1, .unknownTopic)
        let start = script.now.uptime.milliseconds
        var checks = 0
        while script.now.uptime.milliseconds < start + 60_000 {
            for step in script.steps() where step == .check("a") { checks += 1 }
            script.checked("a", exists: false)
            #expect(!script.steps().contains(.failed(1, .unknown("a"))))
            script.pass(2_000)
        }
        #expect(checks > 20)
        script.checked("a", exists: false)
        #expect(script.steps().contains(.failed(1, .unknown("a"))))
    }

    @Test func `a topic that is not allowed any more is not delivered to, nor is the dead-letter topic`() {
        var script = QueuesScript(allow: ["b", "letters"])
        script.send([1], to: "a")
        script.send([2], to: "letters")
        script.send([3], to: "b")
        #expect(
            script.steps() == [
                .failed(1, .notAllowed("a")), .failed(2, .notAllowed("letters")), .check("b"),
            ]
        )
        #expect(DeliveryFailure.notAllowed("a").code == .topicNotAllowed)
    }

    @Test func `topics that do not exist are forgotten once there are many`() {
        var script = QueuesScript(known: ["used"])
        for number in 0..<20_000 {
            script.send([number], to: "missing-\(number)")
            for _ in 0..<3 {
                script.checked("missing-\(number)", exists: false)
                script.pass(2_000)
            }
            script.pass(5_000)
            _ = script.steps()
            #expect(script.queues.topicCount <= 1_010)
        }
    }

    @Test func `a topic in use is remembered, whatever comes beside it`() {
        var script = QueuesScript(known: ["used"])
        for number in 0..<5_000 {
            script.send([1], to: "used")
            #expect(script.steps() == [.produce(1)])
            script.report(1, .written)
            script.send([2], to: "other-\(number)")
            #expect(script.steps() == [.delivered(1), .check("other-\(number)")])
            script.checked("other-\(number)", exists: true)
            #expect(script.steps() == [.produce(2)])
            script.report(2, .written)
            #expect(script.steps() == [.delivered(2)])
            #expect(script.queues.topicCount <= 2_010)
        }
    }
}
