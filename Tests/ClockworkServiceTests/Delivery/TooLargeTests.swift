import Testing

@testable import ClockworkService

/// What becomes of records that are refused as too large, and of dead letters that are refused at all.
@Suite struct TooLargeTests {
    private let tooLarge = ReportVerdict.tooLarge(reason: "MSG_SIZE_TOO_LARGE")

    @Test func `records of a batch that was too large travel alone, in order, and what is behind waits`() {
        var script = QueuesScript(known: ["a"], share: 4)
        script.send([1, 2, 3, 4, 5], to: "a")
        #expect(script.steps() == [.produce(1), .produce(2), .produce(3), .produce(4)])
        script.report([2, 1], tooLarge)
        // The others are still under way on the other producer, and must not be overtaken by what comes later.
        #expect(script.steps() == [])
        script.report(3, .written)
        #expect(script.steps() == [.delivered(3)])
        script.report(4, .written)
        #expect(script.steps() == [.delivered(4), .produceAlone(1), .produceAlone(2)])
        script.report(2, .written)
        #expect(script.steps() == [.delivered(2)])
        script.report(1, .written)
        #expect(script.steps() == [.delivered(1), .produce(5)])
    }

    @Test func `a delivery that is too large by itself has failed`() {
        var script = QueuesScript(known: ["a"])
        script.send([1, 2], to: "a")
        _ = script.steps()
        script.report([1, 2], tooLarge)
        #expect(script.steps() == [.produceAlone(1), .produceAlone(2)])
        script.report(1, tooLarge)
        script.report(2, .written)
        #expect(script.steps() == [.failed(1, .refused(by: "a", "MSG_SIZE_TOO_LARGE")), .delivered(2)])
    }

    @Test func `a record that travels alone keeps its place and its way after an outage and with another producer`() {
        var script = QueuesScript(known: ["a"])
        script.send([1, 2], to: "a")
        _ = script.steps()
        script.report([1, 2], tooLarge)
        #expect(script.steps() == [.produceAlone(1), .produceAlone(2)])
        script.report(1, .retry(reason: "outage"))
        #expect(script.steps() == [.retry("a", isFirst: true)])
        script.producerFails()
        script.producerIsReplaced()
        script.send([3], to: "a")
        #expect(script.steps() == [.replaceProducer, .produceAlone(1), .produceAlone(2)])
    }

    @Test func `a dead letter that is too large is cut until there is nothing left, and then tried for ever`() {
        var script = QueuesScript()
        script.sendLetter(1, bytes: 5)
        script.sendLetter(2, bytes: 1)
        #expect(script.steps() == [.produceLetter(offset: 1, bytes: 5), .produceLetter(offset: 2, bytes: 1)])
        script.report([1, 2], tooLarge)
        #expect(script.steps() == [.produceLetterAlone(offset: 1, bytes: 5), .produceLetterAlone(offset: 2, bytes: 1)])
        script.report(2, .written)
        _ = script.steps()
        for bytes in [2, 1, 0] {
            script.report(1, tooLarge)
            #expect(script.steps() == [.produceLetterAlone(offset: 1, bytes: bytes)])
        }
        for _ in 0..<20 {
            script.report(1, tooLarge)
            script.pass(4_999)
            #expect(script.steps().count == 1)
            script.pass(1)
            #expect(script.steps() == [.produceLetterAlone(offset: 1, bytes: 0)])
        }
        script.report(1, .written)
        #expect(script.steps() == [.recovery("letters"), .deadLettered(.request(offset: 1))])
    }

    @Test(arguments: [ReportVerdict.topicRefuses(reason: "no"), .unknownTopic, .retry(reason: "outage")])
    func `dead letters are retried until they are written`(verdict: ReportVerdict) {
        var script = QueuesScript()
        script.sendLetter(1)
        script.sendLetter(2)
        #expect(script.steps() == [.produceLetter(offset: 1, bytes: 8), .produceLetter(offset: 2, bytes: 8)])
        script.report([2, 1], verdict)
        #expect(script.steps() == [.retry("letters", isFirst: true), .retry("letters", isFirst: false)])
        // For longer than a delivery would be.
        for _ in 0..<40 {
            script.pass(5_000)
            #expect(script.steps().first == .produceLetter(offset: 1, bytes: 8))
            script.report(1, verdict)
            if verdict == .retry(reason: "outage") { script.report(2, verdict) }
            #expect(script.steps().allSatisfy { $0 == .retry("letters", isFirst: false) })
        }
        script.pass(5_000)
        _ = script.steps()
        script.report([1, 2], .written)
        let ends = script.steps()
        #expect(ends.contains(.deadLettered(.request(offset: 1))))
        script.report(2, .written)
        #expect((ends + script.steps()).contains(.deadLettered(.request(offset: 2))))
    }
}
