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

    @Test func `a topic is missing after two checks, not after one`() {
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

    @Test func `a missing topic is checked again after five seconds, from the beginning`() {
        var script = QueuesScript()
        script.send([1], to: "a")
        _ = script.steps()
        script.checked("a", exists: false)
        script.pass(2_000)
        _ = script.steps()
        script.checked("a", exists: false)
        _ = script.steps()
        script.pass(4_999)
        script.send([2], to: "a")
        #expect(script.steps() == [.failed(2, .unknown("a"))])
        script.pass(1)
        script.send([3], to: "a")
        #expect(script.steps() == [.check("a")])
        script.checked("a", exists: false)
        #expect(script.steps() == [])
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
        script.checked("a", exists: false)
        #expect(script.steps() == (isSecond ? [.failed(1, .unknown("a"))] : []))
    }

    @Test func `the dead-letter topic is never checked`() {
        var script = QueuesScript()
        script.sendLetter(1)
        #expect(script.steps() == [.produceLetter(offset: 1, bytes: 8)])
        script.report(1, .unknownTopic)
        #expect(script.steps() == [.retry("letters", isFirst: true)])
        script.pass(500)
        #expect(script.steps() == [.produceLetter(offset: 1, bytes: 8)])
    }

    @Test func `a report that a topic does not exist is final for its record, and the next is checked`() {
        var script = QueuesScript(known: ["a"], share: 2)
        script.send([1, 2, 3], to: "a")
        #expect(script.steps() == [.produce(1), .produce(2)])
        script.report([1, 2], .unknownTopic)
        #expect(script.steps() == [.failed(1, .unknown("a")), .check("a"), .failed(2, .unknown("a"))])
        script.checked("a", exists: true)
        #expect(script.steps() == [.produce(3)])
    }

    @Test func `a topic that is missing takes with it what waits for a retry`() {
        var script = QueuesScript(known: ["a"])
        script.send([1, 2], to: "a")
        _ = script.steps()
        script.report(2, .retry(reason: "outage"))
        script.report(1, .unknownTopic)
        #expect(
            script.steps() == [.retry("a", isFirst: true), .failed(1, .unknown("a")), .check("a")]
        )
        script.checked("a", exists: false)
        script.pass(2_000)
        #expect(script.steps() == [.check("a")])
        script.checked("a", exists: false)
        #expect(script.steps() == [.failed(2, .unknown("a"))])
    }

    @Test func `topics that do not exist are forgotten once there are many`() {
        var script = QueuesScript(known: ["used"])
        for number in 0..<20_000 {
            script.send([number], to: "missing-\(number)")
            script.checked("missing-\(number)", exists: false)
            script.pass(2_000)
            script.checked("missing-\(number)", exists: false)
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
