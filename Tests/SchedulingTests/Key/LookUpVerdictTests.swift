import Testing

@testable import Scheduling

/// What an answer of the store means for the create at 10, due at 50.
@Suite struct LookUpVerdictTests {
    private static let own = KeyScript.schedule(10, 50)

    private static func verdict(_ answer: KeyLookup, mayRepeat: Bool = true) -> LookUpVerdict {
        LookUpVerdict(on: own, answer, partition: 0, mayRepeat: mayRepeat)
    }

    private static func answer(
        _ offset: Int64,
        _ time: Int64,
        _ state: KeyRecord.State = .latest,
        request: Int64? = nil,
        isPending: Bool = false,
        partition: Int32 = 0
    ) -> KeyLookup {
        let schedule = KeyScript.schedule(offset, time)
        return KeyScript.answer(schedule, state, request: request, isPending: isPending, partition: partition)
    }

    @Test(
        arguments: [
            (.unknown, .accept),
            // This create, handled by a previous owner.
            (answer(10, 50, isPending: true), .acceptStored), (answer(10, 50), .drop), (answer(10, 50, .failed), .drop),
            (answer(10, 30, isPending: true), .acceptInPlace(of: KeyScript.position(10, 30), isReplaced: false)),
            // A later request.
            (answer(10, 50, .cancelled, request: 11), .drop), (answer(11, 90), .drop),
            (answer(11, 90, isPending: true), .drop),
            // An earlier create, which this one repeats or replaces.
            (answer(5, 50), .drop), (answer(5, 40), .accept), (answer(5, 50, .failed), .accept),
            (answer(5, 50, .cancelled, request: 7), .accept),
            (answer(5, 50, isPending: true), .acceptInPlace(of: KeyScript.position(5, 50), isReplaced: true)),
            (answer(5, 90, isPending: true), .acceptInPlace(of: KeyScript.position(5, 90), isReplaced: true)),
            // Offsets of another partition say nothing; what was delivered there was delivered.
            (answer(99, 90, isPending: true, partition: 1), .accept),
            (answer(10, 50, isPending: true, partition: 1), .accept),
            (answer(99, 50, partition: 1), .drop), (answer(99, 90, partition: 1), .accept),
        ] as [(KeyLookup, LookUpVerdict)]
    )
    func `The record says whether the create is to be delivered`(answer: KeyLookup, verdict: LookUpVerdict) {
        #expect(Self.verdict(answer) == verdict)
    }

    @Test func `A retry that the store holds is adopted`() throws {
        let answer = KeyScript.answer(KeyScript.schedule(10, 950, attempt: 2), isPending: true)
        #expect(Self.verdict(answer) == .adopt(try #require(answer.record)))
    }

    @Test func `What may not repeat anything is accepted behind a delivered one with its time`() {
        #expect(Self.verdict(Self.answer(5, 50), mayRepeat: false) == .accept)
        #expect(Self.verdict(Self.answer(10, 50), mayRepeat: false) == .drop)
    }

    // MARK: What a cancel finds, and what a record supersedes

    @Test func `A cancel finds what is pending in its own partition and older`() {
        let found = Self.answer(5, 40, isPending: true).cancelled(by: 12, partition: 0)
        #expect(found?.state == .cancelled)
        #expect(found?.requestOffset == 12)
        #expect(found?.position == KeyScript.position(5, 40))
        #expect(Self.answer(5, 40).cancelled(by: 12, partition: 0) == nil)
        #expect(Self.answer(5, 40, isPending: true, partition: 1).cancelled(by: 12, partition: 0) == nil)
        #expect(Self.answer(13, 40, isPending: true).cancelled(by: 12, partition: 0) == nil)
        #expect(KeyLookup.unknown.cancelled(by: 12, partition: 0) == nil)
    }

    @Test(
        arguments: [
            (5, 90, .latest, 5, false), (10, 50, .latest, 10, false), (10, 50, .cancelled, 10, true),
            (10, 50, .failed, 10, true),
            (10, 950, .latest, 10, true), (10, 30, .latest, 10, false), (11, 20, .latest, 11, true),
            (10, 50, .cancelled, 11, true),
        ] as [(Int64, Int64, KeyRecord.State, Int64, Bool)]
    )
    func `A record supersedes the items before what it names`(
        offset: Int64,
        time: Int64,
        state: KeyRecord.State,
        request: Int64,
        supersedes: Bool
    ) {
        let record = KeyRecord(latest: KeyScript.schedule(offset, time), state: state, request: request)
        #expect(record.supersedes(Self.own) == supersedes)
    }
}
