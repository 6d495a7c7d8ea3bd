import Scheduling
import Testing

@testable import ClockworkService

/// What the producer has for partitions that are gone.
@Suite struct StandstillTests {
    /// The producer has two records of topic "a", which has eight partitions.
    private static func script() -> QueuesScript {
        var script = QueuesScript()
        script.send([1, 2], to: "a")
        _ = script.steps()
        script.checked("a", exists: true, partitions: 8)
        _ = script.steps()
        return script
    }

    @Test func `what stands still in a topic that has lost partitions goes to another producer, in order`() {
        var script = Self.script()
        script.pass(4_999)
        #expect(script.steps() == [])
        script.pass(1)
        #expect(script.steps() == [.check("a")])
        script.checked("a", exists: true, partitions: 2)
        #expect(script.steps() == [.giveUpProducer("a")])
        script.producerFails(nil)
        script.send([3], to: "a")
        #expect(script.steps() == [.replaceProducer])
        script.producerIsReplaced()
        #expect(script.steps() == [.produce(1), .produce(2), .produce(3)])
    }

    @Test(arguments: [8, 9, nil])
    func `what stands still stays in the producer while its topic has its partitions, and is looked at again`(
        partitions: Int?
    ) {
        var script = Self.script()
        for _ in 0..<3 {
            script.pass(5_000)
            #expect(script.steps() == [.check("a")])
            script.checked("a", exists: partitions.map { _ in true }, partitions: partitions ?? 0)
            #expect(script.steps() == [])
        }
        script.pass(5_000)
        #expect(script.steps() == [.check("a")])
        script.checked("a", exists: true, partitions: 7)
        #expect(script.steps() == [.giveUpProducer("a")])
    }

    @Test func `a topic of which something comes back is not looked at`() {
        var script = Self.script()
        script.pass(4_000)
        script.report(1, .written)
        script.pass(1_000)
        #expect(script.steps() == [.delivered(1)])
        script.pass(4_999)
        #expect(script.steps() == [])
        script.pass(1)
        #expect(script.steps() == [.check("a")])
        script.report(2, .written)
        script.checked("a", exists: true, partitions: 2)
        #expect(script.steps() == [.delivered(2)])
        script.pass(60_000)
        #expect(script.steps() == [])
    }

    @Test func `partitions that are lost while something comes back are noticed when the rest stands still`() {
        var script = Self.script()
        script.pass(5_000)
        #expect(script.steps() == [.check("a")])
        script.report(1, .written)
        script.checked("a", exists: true, partitions: 2)
        #expect(script.steps() == [.delivered(1)])
        script.pass(5_000)
        #expect(script.steps() == [.check("a")])
        script.checked("a", exists: true, partitions: 2)
        #expect(script.steps() == [.giveUpProducer("a")])
    }

    @Test func `of the dead-letter topic, which no check has counted, the producer is given up once`() {
        var script = QueuesScript()
        script.sendLetter(7)
        #expect(script.steps() == [.produceLetter(offset: 7, bytes: 8)])
        script.pass(5_000)
        #expect(script.steps() == [.check(QueuesScript.letters)])
        script.checked(QueuesScript.letters, exists: true, partitions: 2)
        #expect(script.steps() == [.giveUpProducer(QueuesScript.letters)])
        script.producerFails(nil)
        _ = script.steps()
        script.producerIsReplaced()
        #expect(script.steps() == [.produceLetter(offset: 7, bytes: 8)])
        script.pass(5_000)
        #expect(script.steps() == [.check(QueuesScript.letters)])
        script.checked(QueuesScript.letters, exists: true, partitions: 2)
        #expect(script.steps() == [])
    }

    @Test func `a topic is not asked for twice at one time`() {
        var script = Self.script()
        script.pass(5_000)
        #expect(script.steps() == [.check("a")])
        script.report(1, .unknownTopic)
        script.pass(500)
        #expect(script.steps().contains(.check("a")) == false)
        script.checked("a", exists: true, partitions: 8)
        script.report(2, .written)
        #expect(script.steps().contains(.produce(1)))
    }
}
