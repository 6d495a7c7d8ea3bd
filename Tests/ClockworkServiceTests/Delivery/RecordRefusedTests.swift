import Testing

@testable import ClockworkService

/// What becomes of the records of a batch that was refused because of one of them.
@Suite struct RecordRefusedTests {
    private let refused = ReportVerdict.recordRefused(reason: "INVALID_RECORD")

    @Test func `records of a batch that was refused travel alone, in order, and only the one at fault fails`() {
        var script = QueuesScript(known: ["a"])
        script.send([1, 2, 3], to: "a")
        #expect(script.steps() == [.produce(1), .produce(2), .produce(3)])
        script.report([3, 1, 2], refused)
        #expect(script.steps() == [.produceAlone(1), .produceAlone(2), .produceAlone(3)])
        script.report(1, .written)
        script.report(2, refused)
        script.report(3, .written)
        #expect(script.steps() == [.delivered(1), .failed(2, .refused(by: "a", "INVALID_RECORD")), .delivered(3)])
    }

    @Test func `a dead letter without a key gets one where the topic takes none without`() {
        var script = QueuesScript()
        script.sendLetter(1)
        script.sendLetter(2, key: [1])
        _ = script.steps()
        script.report([1, 2], refused)
        #expect(script.steps() == [.produceLetterAlone(offset: 1, bytes: 8), .produceLetterAlone(offset: 2, bytes: 8)])
        script.report(2, .written)
        script.report(1, refused)
        let steps = script.steps()
        #expect(steps == [.deadLettered(.request(offset: 2)), .produceLetterAlone(offset: 1, bytes: 8)])
        #expect(script.key(ofLetter: 1) == Array("intake/0/1".utf8))
        script.report(1, .written)
        #expect(script.steps() == [.deadLettered(.request(offset: 1))])
        #expect(script.obstacles == [])
    }

    @Test func `a dead letter that its topic does not take lets the others pass, and is told of until it is written`() {
        var script = QueuesScript()
        script.sendLetter(1, key: [1])
        _ = script.steps()
        script.report(1, refused)
        _ = script.steps()
        script.report(1, refused)
        #expect(script.steps() == [.retry("letters", isFirst: true)])
        script.sendLetter(2, key: [2])
        #expect(script.steps() == [.produceLetter(offset: 2, bytes: 8)])
        script.report(2, .written)
        #expect(script.steps() == [.deadLettered(.request(offset: 2))])
        let told = ["Dead letters cannot be written. Topic letters refuses it: INVALID_RECORD."]
        #expect(script.obstacles == told)
        for _ in 0..<20 {
            script.pass(4_999)
            #expect(script.steps() == [])
            script.pass(1)
            #expect(script.steps() == [.produceLetterAlone(offset: 1, bytes: 8)])
            script.report(1, refused)
            #expect(script.steps() == [.retry("letters", isFirst: false)])
            #expect(script.obstacles == told)
        }
        script.pass(5_000)
        _ = script.steps()
        script.report(1, .written)
        #expect(script.steps() == [.recovery("letters"), .deadLettered(.request(offset: 1))])
        #expect(script.obstacles == [])
    }

    @Test func `a dead letter that stands aside is dropped with its owner`() {
        var script = QueuesScript()
        script.sendLetter(1, key: [1])
        _ = script.steps()
        script.report(1, refused)
        _ = script.steps()
        script.report(1, refused)
        _ = script.steps()
        script.ownerEnds(1)
        #expect(script.obstacles == [])
        script.pass(60_000)
        #expect(script.steps() == [])
    }

    @Test(arguments: [ReportVerdict.unknownTopic, .topicRefuses(reason: "no")])
    func `a doubt about the dead-letter topic ends with the first letter that is taken, while others flow`(
        doubt: ReportVerdict
    ) {
        var script = QueuesScript()
        script.sendLetter(1, key: [1])
        _ = script.steps()
        script.report(1, doubt)
        #expect(script.steps() == [.retry("letters", isFirst: true)])
        #expect(script.obstacles.count == 1)
        script.sendLetter(2, key: [2])
        script.pass(500)
        #expect(script.steps() == [.produceLetter(offset: 1, bytes: 8)])
        script.report(1, .written)
        let steps = script.steps()
        #expect(steps.contains(.recovery("letters")) && steps.contains(.produceLetter(offset: 2, bytes: 8)))
        #expect(script.obstacles == [])
        // There is always another one under way.
        for number in 3..<100 {
            script.sendLetter(Int64(number), key: [1])
            _ = script.steps()
            script.report(number - 1, .written)
            #expect(script.steps() == [.deadLettered(.request(offset: Int64(number - 1)))])
            #expect(script.obstacles == [])
        }
    }

    @Test func `a letter that is refused is told of until it is written, whatever others meet`() {
        var script = QueuesScript()
        script.sendLetter(1, key: [1])
        _ = script.steps()
        script.report(1, refused)
        _ = script.steps()
        script.report(1, refused)
        _ = script.steps()
        #expect(script.obstacles.count == 1)
        for round in 0..<5 {
            // It is tried again while others are written, and those have an outage of their own.
            script.sendLetter(2, key: [2])
            _ = script.steps()
            script.report(2, .retry(reason: "outage"))
            #expect(script.obstacles.count == 1, "round \(round)")
            script.pass(500)
            _ = script.steps()
            script.report(2, .written)
            #expect(script.steps() == [.deadLettered(.request(offset: 2))])
            #expect(script.obstacles.count == 1, "round \(round)")
            script.pass(4_500)
            #expect(script.steps() == [.produceLetterAlone(offset: 1, bytes: 8)])
            script.sendLetter(3, key: [3])
            #expect(script.obstacles.count == 1, "round \(round)")
            script.report(1, refused)
            _ = script.steps()
            script.report(3, .written)
            _ = script.steps()
        }
        script.pass(5_000)
        _ = script.steps()
        script.report(1, .written)
        #expect(script.steps().contains(.recovery("letters")))
        #expect(script.obstacles == [])
    }
}
