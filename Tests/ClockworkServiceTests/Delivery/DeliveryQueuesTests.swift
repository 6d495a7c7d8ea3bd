import Runtime
import Testing

@testable import ClockworkService

/// In which order records leave, and how they end.
@Suite struct DeliveryQueuesTests {
    private let outage = ReportVerdict.retry(reason: "outage")

    @Test func `a delivery is reported to its owner when its topic has it`() {
        var script = QueuesScript(known: ["a"])
        script.send([1, 2], to: "a")
        #expect(script.steps() == [.produce(1), .produce(2)])
        script.report(2, .written)
        #expect(script.steps() == [.delivered(2)])
        script.report(1, .recordRefused(reason: "POLICY_VIOLATION"))
        #expect(script.steps() == [.produceAlone(1)])
        script.report(1, .recordRefused(reason: "POLICY_VIOLATION"))
        #expect(script.steps() == [.failed(1, .refused(by: "a", "POLICY_VIOLATION"))])
        #expect(script.queues.inFlightCount == 0)
    }

    // MARK: Retries

    @Test func `what failed and what came behind it goes out in the first order`() {
        var script = QueuesScript(known: ["a"])
        script.send([1, 2, 3, 4], to: "a")
        _ = script.steps()
        // Reports of different partitions come in any order.
        script.report([4, 2], outage)
        script.report(3, .written)
        script.send([5], to: "a")
        script.report(1, outage)
        #expect(
            script.steps() == [
                .retry("a", isFirst: true), .retry("a", isFirst: false), .recovery("a"), .delivered(3),
                .retry("a", isFirst: true),
            ]
        )
        #expect(script.queues.wakeAt == Uptime(milliseconds: 1_500))
        script.pass(499)
        script.send([6], to: "a")
        #expect(script.steps() == [])
        script.pass(1)
        #expect(script.steps() == [.produce(1), .produce(2), .produce(4), .produce(5), .produce(6)])
        // Nothing but a look at what may stand still.
        #expect(script.queues.wakeAt == Uptime(milliseconds: 6_000))
    }

    @Test func `what fails while others are produced again goes before what was sent later`() {
        var script = QueuesScript(known: ["a"], share: 3)
        script.send([1, 2, 3, 4, 5], to: "a")
        #expect(script.steps() == [.produce(1), .produce(2), .produce(3)])
        script.report(3, outage)
        script.pass(500)
        #expect(script.steps() == [.retry("a", isFirst: true), .produce(3)])
        script.report(2, outage)
        #expect(script.steps() == [.retry("a", isFirst: false)])
        script.report(1, .written)
        #expect(script.steps() == [.recovery("a"), .delivered(1)])
        script.pass(500)
        #expect(script.steps() == [.produce(2), .produce(4)])
    }

    @Test func `a retry does not hold up other topics`() {
        var script = QueuesScript(known: ["a", "b"])
        script.send([1], to: "a")
        _ = script.steps()
        script.report(1, outage)
        script.send([2], to: "a")
        script.send([3], to: "b")
        #expect(script.steps() == [.retry("a", isFirst: true), .produce(3)])
    }

    // MARK: Room

    @Test func `a topic has a quarter of the producer's records, and its rest waits in order`() {
        var script = QueuesScript(known: ["a", "b"], share: 3)
        script.send([1, 2, 3, 4, 5], to: "a")
        script.send([6, 7], to: "b")
        #expect(script.steps() == [.produce(1), .produce(2), .produce(3), .produce(6), .produce(7)])
        script.send([8], to: "a")
        #expect(script.steps() == [])
        script.report(2, .written)
        #expect(script.steps() == [.delivered(2), .produce(4)])
        script.report([1, 3], .written)
        #expect(script.steps() == [.delivered(1), .delivered(3), .produce(5), .produce(8)])
    }

    @Test func `a topic has a quarter of the producer's bytes`() {
        var script = QueuesScript(known: ["a", "b"], shareBytes: 1_000)
        script.send([1, 2, 3], to: "a", payload: Array(repeating: 0, count: 600))
        script.send([4], to: "b", payload: Array(repeating: 0, count: 600))
        #expect(script.steps() == [.produce(1), .produce(2), .produce(4)])
        script.report(1, .written)
        #expect(script.steps() == [.delivered(1), .produce(3)])
    }

    @Test func `a full producer is offered nothing until the next turn, and then the same record first`() {
        var script = QueuesScript(known: ["a", "b"])
        script.send([1, 2], to: "a")
        #expect(script.queues.inFlightCount == 0)
        // Records are handed out one by one, so the second is not out yet.
        guard case .produce(let token)? = script.takeAction() else {
            Issue.record("nothing was produced")
            return
        }
        script.refuse(token)
        script.send([3], to: "b")
        #expect(script.steps() == [])
        script.pass()
        #expect(script.steps() == [.produce(1), .produce(2), .produce(3)])
    }

    // MARK: Owners

    @Test func `an owner that has ended gets nothing more, and others lose nothing`() {
        var script = QueuesScript(known: ["a"], share: 3, owners: [1, 2])
        script.send([1, 2], to: "a", owner: 1)
        script.send([3], to: "a", owner: 2)
        script.send([4], to: "a", owner: 1)
        script.send([5], to: "a", owner: 2)
        script.send([6], to: "new", owner: 1)
        script.send([7], to: "new", owner: 2)
        #expect(script.steps() == [.check("new"), .produce(1), .produce(2), .produce(3)])
        script.report(1, outage)
        script.ownerEnds(1)
        script.report(2, outage)
        #expect(script.steps() == [.retry("a", isFirst: true)])
        script.report(3, .written)
        script.checked("new", exists: true)
        script.pass(500)
        #expect(script.steps() == [.recovery("a"), .delivered(3), .produce(5), .produce(7)])
    }

    @Test func `a report for an owner that has ended is dropped`() {
        var script = QueuesScript(known: ["a"])
        script.send([1, 2, 3], to: "a")
        _ = script.steps()
        script.ownerEnds(1)
        script.report(1, .written)
        script.report(2, .topicRefuses(reason: "no"))
        script.report(3, .tooLarge(reason: "no"))
        script.pass(500)
        #expect(script.steps() == [])
        #expect(script.queues.inFlightCount == 0)
    }

    // MARK: Sure of its place

    @Test func `nothing is produced while the pod is not sure of its place`() {
        var script = QueuesScript(known: ["a"], share: 1)
        script.send([1], to: "a")
        #expect(script.steps() == [.produce(1)])
        script.pass(1, isSure: false)
        script.report(1, .written)
        script.send([2], to: "a")
        script.sendLetter(10)
        #expect(script.steps() == [.delivered(1)])
        script.pass(60_000, isSure: false)
        #expect(script.steps() == [])
        script.pass(1)
        #expect(script.steps() == [.produce(2), .produceLetter(offset: 10, bytes: 8)])
    }

    // MARK: The producer's end

    @Test func `what a producer had is produced by its successor, in the first order`() {
        var script = QueuesScript(known: ["a", "b"], share: 3, owners: [1, 2])
        script.send([1], to: "a", owner: 2)
        script.send([2, 3, 4, 5], to: "a")
        script.send([6], to: "b")
        #expect(script.steps() == [.produce(1), .produce(2), .produce(3), .produce(6)])
        script.report(3, outage)
        script.report(2, .written)
        _ = script.steps()
        script.ownerEnds(2)
        let early = script.tokens
        script.producerFails()
        #expect(script.steps() == [.replaceProducer])
        // Late reports of the one that was given up.
        for token in early.values { script.reportRaw(token, .written) }
        script.send([7], to: "b")
        #expect(script.steps() == [])
        script.producerIsReplaced()
        #expect(script.steps() == [.produce(6), .produce(7), .produce(3), .produce(4), .produce(5)])
        for token in early.values { script.reportRaw(token, .written) }
        #expect(script.steps() == [])
        script.report([3, 4, 5, 6, 7], .written)
        // Number 2 had ended the trouble of the topic; the first that is written, that of the producer.
        #expect(script.steps() == [.recovery("a")] + [3, 4, 5, 6, 7].map { .delivered($0) })
    }

    @Test func `producers that fail one after the other get their successors after pauses that grow`() {
        var script = QueuesScript(known: ["a"])
        script.send([1], to: "a")
        #expect(script.steps() == [.produce(1)])
        #expect(script.producerFails("refused") == true)
        // The first successor is made at once.
        #expect(script.steps() == [.replaceProducer])
        script.pass(60_000)
        #expect(script.steps() == [])
        var pauses: [Int64] = []
        for attempt in 0..<8 {
            if attempt % 2 == 0 {
                script.producerIsReplaced(false)
            } else {
                script.producerIsReplaced()
                #expect(script.steps() == [.produce(1)])
                #expect(script.producerFails("refused") == false)
            }
            let start = script.now.uptime
            #expect(script.obstacles.count == 1)
            var steps: [QueuesScript.Step] = []
            while steps.isEmpty, let next = script.queues.wakeAt {
                // The watch for a standstill may wake it in between.
                script.pass(next.milliseconds - script.now.uptime.milliseconds - 1)
                #expect(script.steps() == [])
                script.pass(1)
                steps = script.steps()
            }
            #expect(steps == [.replaceProducer])
            pauses.append(script.now.uptime.milliseconds - start.milliseconds)
        }
        #expect(pauses == [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000])
        script.producerIsReplaced()
        #expect(script.steps() == [.produce(1)])
        #expect(script.obstacles == ["The brokers refuse the producer of deliveries: refused."])
        script.report(1, .written)
        #expect(script.steps() == [.recovery("a"), .delivered(1)])
        #expect(script.obstacles == [])
        #expect(script.producerFails("refused") == true, "an outage of its own")
    }

    @Test func `a producer that has lived for a while is as good as one that has written`() {
        var script = QueuesScript(known: ["a"])
        #expect(script.producerFails("refused") == true)
        _ = script.steps()
        script.producerIsReplaced()
        script.pass(4_999)
        #expect(script.obstacles.count == 1)
        script.pass(1)
        #expect(script.obstacles == [])
        #expect(script.producerFails("refused") == true)
        #expect(script.steps() == [.replaceProducer])
    }

    @Test func `a producer that is given up on purpose is no outage`() {
        var script = QueuesScript(known: ["a"])
        script.send([1], to: "a")
        _ = script.steps()
        #expect(script.producerFails(nil) == false)
        #expect(script.obstacles == [])
        script.producerIsReplaced()
        #expect(script.steps() == [.replaceProducer, .produce(1)])
    }

    @Test func `what the driver keeps of a topic is dropped with its producer`() {
        var script = QueuesScript(known: ["a"])
        script.send([1], to: "a")
        guard case .produce(let token)? = script.takeAction() else {
            Issue.record("nothing was produced")
            return
        }
        let topic = script.queues.record(token).topic
        #expect(script.handle(ofTopic: topic) == nil)
        script.keep(7, ofTopic: topic)
        #expect(script.handle(ofTopic: topic) == 7)
        script.producerFails()
        #expect(script.handle(ofTopic: topic) == nil)
    }
}
