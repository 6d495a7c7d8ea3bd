import Testing

@testable import Scheduling

@Suite struct KeyKnowledgeTests {
    @Test func `An answer is awaited until it comes or is late`() {
        var knowledge = KeyKnowledge.asking(KeyQuestion())
        #expect(!knowledge.isKnown)
        #expect(knowledge.isAwaited(unsentToo: true))
        #expect(!knowledge.isAwaited(unsentToo: false))
        knowledge.questionSent()
        #expect(knowledge.isAwaited(unsentToo: false))
        knowledge.answerIsLate()
        #expect(!knowledge.isAwaited(unsentToo: true))
        #expect(!KeyKnowledge.known.isAwaited(unsentToo: true))
    }

    @Test func `A question that has not been sent is not late`() {
        var knowledge = KeyKnowledge.asking(KeyQuestion())
        knowledge.answerIsLate()
        knowledge.questionSent()
        #expect(knowledge.isAwaited(unsentToo: false))
    }

    @Test func `Only where the latest request is not in memory is the store asked again, once`() {
        var knowledge = KeyKnowledge.behind
        #expect(knowledge.isKnown)
        let answers = (0..<2).map { _ in knowledge.askAgainIfBehind() }
        #expect(answers == [true, false])
        #expect(!knowledge.isKnown)
        knowledge = .behind
        knowledge.hasMetLatest()
        #expect(knowledge.askAgainIfBehind() == false)
    }

    @Test func `One cancel waits for the answer, and is taken by what it comes after`() {
        var knowledge = KeyKnowledge.asking(KeyQuestion())
        let held: [Bool] = [12, 13].map { knowledge.hold(cancel: $0) }
        #expect(held == [true, false])
        #expect(knowledge.takeCancel(after: 12) == nil)
        #expect(knowledge.takeCancel(after: 11) == 12)
        #expect(knowledge.takeCancel(after: 11) == nil)
        knowledge = .known
        #expect(knowledge.hold(cancel: 12) == false)
    }

    @Test(
        arguments: [([50], false), ([50, 50], false), ([50, 80], true), ([50, 80, 80], true)] as [([Int64], Bool)]
    )
    func `A create behind one with another time repeats nothing`(times: [Int64], repeatsNothing: Bool) {
        var knowledge = KeyKnowledge.asking(KeyQuestion())
        for time in times { knowledge.noteCreate(for: EpochMilliseconds(rawValue: time)) }
        guard case .asking(let question) = knowledge else {
            Issue.record("no answer is awaited")
            return
        }
        #expect(question.repeatsNothing == repeatsNothing)
        #expect(question.time?.rawValue == times.last)
    }
}
