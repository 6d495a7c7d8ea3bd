import Testing

@testable import Scheduling

/// The answers of look-ups. Only where one is awaited does one come.
extension KeyStateTests {
    @Test(
        arguments: [
            Cell(.asking, "write", ["record 10@50 cancelled by 11, delete 10@50, settle 10 11"], to: "over"),
            Cell(.cancelWaits, "settle 12", to: "over"),
            Cell(.askingPending, "write, release 10@50, write", ["put 10@50, record 10@50, settle 10"], to: "pending"),
            Cell(.askingOut, "", to: "out"),
        ] as [Cell]
    )
    func `The store knows nothing of the key`(cell: Cell) {
        cell.check { $0.answer(.unknown) }
    }

    @Test(
        arguments: [
            Cell(
                .asking,
                "write",
                ["record 10@50 cancelled by 11, delete 10@50, delete 5@40, settle 10 11"],
                to: "over"
            ),
            Cell(.cancelWaits, "write", ["record 5@40 cancelled by 12, delete 5@40, settle 12"], to: "over"),
            Cell(
                .askingPending,
                "write, release 10@50, write",
                ["put 10@50, record 10@50, delete 5@40, settle 10"],
                to: "pending"
            ),
            Cell(.askingOut, "write", to: "out"),
        ] as [Cell]
    )
    func `An earlier create is pending`(cell: Cell) {
        cell.check { $0.answer(KeyScript.answer(Self.s(5, 40), isPending: true)) }
    }

    @Test(
        arguments: [
            Cell(.asking, "write", ["record 10@50 cancelled by 11, delete 10@50, settle 10 11"], to: "over"),
            Cell(.cancelWaits, "write", ["record 10@50 cancelled by 12, delete 10@50, settle 12"], to: "over"),
            Cell(.askingPending, "write, release 10@50, write", ["put 10@50, record 10@50, settle 10"], to: "pending"),
            Cell(.askingOut, "", to: "out"),
        ] as [Cell]
    )
    func `The create itself is pending, stored by a previous owner`(cell: Cell) {
        cell.check { $0.answer(KeyScript.answer(Self.s(10, 50), isPending: true)) }
    }

    @Test(
        arguments: [
            Cell(
                .asking,
                "write",
                ["record 10@50 cancelled by 11, delete 10@50, delete 10@950, settle 10 11"],
                to: "over"
            ),
            Cell(.cancelWaits, "write", ["record 10@950 cancelled by 12, delete 10@950, settle 12"], to: "over"),
            Cell(
                .askingPending,
                "take out 10@50, place 10@950, write",
                ["put 10@950, record 10@950, settle 10"],
                to: "pending"
            ),
            Cell(.askingOut, "", to: "out"),
        ] as [Cell]
    )
    func `A retry of the create is pending`(cell: Cell) {
        cell.check { $0.answer(KeyScript.answer(Self.s(10, 950, attempt: 2), isPending: true)) }
    }

    @Test(
        arguments: [
            Cell(.asking, "write", ["delete 10@50, settle 10 11"], to: "over"),
            Cell(.cancelWaits, "settle 12", to: "over"),
            Cell(.askingPending, "take out 10@50, settle 10", to: "over"),
            Cell(.askingOut, "", to: "out"),
        ] as [Cell]
    )
    func `An earlier create with the same time was delivered`(cell: Cell) {
        cell.check { $0.answer(KeyScript.answer(Self.s(5, 50), isPending: false)) }
    }

    @Test(
        arguments: [
            Cell(.asking, "write", ["record 10@50 cancelled by 11, delete 10@50, settle 10 11"], to: "over"),
            Cell(.cancelWaits, "settle 12", to: "over"),
            Cell(.askingPending, "write, release 10@50, write", ["put 10@50, record 10@50, settle 10"], to: "pending"),
            Cell(.askingOut, "", to: "out"),
        ] as [Cell]
    )
    func `An earlier create with another time was delivered`(cell: Cell) {
        cell.check { $0.answer(KeyScript.answer(Self.s(5, 40), isPending: false)) }
    }

    @Test(
        arguments: [
            Cell(.asking, "write", ["record 10@50 cancelled by 11, delete 10@50, settle 10 11"], to: "over"),
            Cell(.cancelWaits, "settle 12", to: "over"),
            Cell(.askingPending, "write, release 10@50, write", ["put 10@50, record 10@50, settle 10"], to: "pending"),
            Cell(.askingOut, "", to: "out"),
        ] as [Cell]
    )
    func `An earlier create with the same time was cancelled`(cell: Cell) {
        cell.check { $0.answer(KeyScript.answer(Self.s(5, 50), .cancelled, request: 7, isPending: false)) }
    }

    @Test(
        arguments: [
            Cell(.asking, "write", ["delete 10@50, settle 10 11"], to: "behind"),
            Cell(.cancelWaits, "settle 12", to: "behind"),
            Cell(.askingPending, "take out 10@50, settle 10", to: "behind"),
            Cell(.askingOut, "", to: "behind, out"),
        ] as [Cell]
    )
    func `A later create is pending`(cell: Cell) {
        cell.check { $0.answer(KeyScript.answer(Self.s(30, 90), isPending: true)) }
    }

    @Test(
        arguments: [
            Cell(.asking, "write", ["delete 10@50, settle 10 11"], to: "over"),
            Cell(.cancelWaits, "settle 12", to: "over"),
            Cell(.askingPending, "take out 10@50, settle 10", to: "over"),
            Cell(.askingOut, "", to: "out"),
        ] as [Cell]
    )
    func `A later create was delivered`(cell: Cell) {
        cell.check { $0.answer(KeyScript.answer(Self.s(30, 90), isPending: false)) }
    }

    @Test(
        arguments: [
            Cell(.asking, "write", ["record 10@50 cancelled by 11, delete 10@50, settle 10 11"], to: "over"),
            Cell(.cancelWaits, "settle 12", to: "over"),
            Cell(.askingPending, "write, release 10@50, write", ["put 10@50, record 10@50, settle 10"], to: "pending"),
            Cell(.askingOut, "", to: "out"),
        ] as [Cell]
    )
    func `A create is pending in another partition`(cell: Cell) {
        cell.check { $0.answer(KeyScript.answer(Self.s(30, 90), isPending: true, partition: 1)) }
    }

    @Test(
        arguments: [
            Cell(.asking, "write", ["delete 10@50, settle 10 11"], to: "over"),
            Cell(.cancelWaits, "settle 12", to: "over"),
            Cell(.askingPending, "take out 10@50, settle 10", to: "over"),
            Cell(.askingOut, "", to: "out"),
        ] as [Cell]
    )
    func `A create with the same time was delivered in another partition`(cell: Cell) {
        cell.check { $0.answer(KeyScript.answer(Self.s(30, 50), isPending: false, partition: 1)) }
    }

    @Test(
        arguments: [
            Cell(.asking, "", to: "asking"),
            Cell(.cancelWaits, "", to: "asking, cancel waits"),
            Cell(.askingPending, "release 10@50", to: "asking, pending"),
            Cell(.askingOut, "", to: "asking, out"),
        ] as [Cell]
    )
    func `An answer takes long`(cell: Cell) {
        cell.check { $0.event { $0.answerIsLate(&$1) } }
    }

    @Test(
        arguments: [
            (KeyScript.answer(s(5, 50), isPending: false), 50, true),
            (KeyScript.answer(s(5, 50), isPending: false), 60, false),
            (KeyScript.answer(s(30, 90), isPending: false), 90, true),
            (KeyScript.answer(s(5, 50), .cancelled, isPending: false), 50, false), (.unknown, 50, false),
        ] as [(KeyLookup, Int64, Bool)]
    )
    func `A create behind a cancel is a repeat if the answer to that tells of a delivered one with its time`(
        answer: KeyLookup,
        time: Int64,
        isRepeat: Bool
    ) {
        var script = KeySituation.cancelWaits.play()
        script.answer(answer)
        script.create(40, time)
        #expect((script.key.pending == nil) == isRepeat)
        #expect(script.counters.duplicates == (isRepeat ? 1 : 0))
    }

    @Test(arguments: KeySituation.allAsking)
    func `A schedule waits for the answer only if it was due on arrival`(situation: KeySituation) {
        var script = situation.play()
        #expect(!script.key.waitsForAnswer(unsentToo: true))
        script.create(20, 80, isDue: true)
        #expect(script.key.waitsForAnswer(unsentToo: false))
        script.event { $0.answerIsLate(&$1) }
        #expect(!script.key.waitsForAnswer(unsentToo: true))
    }

    @Test func `For a question that has not been sent a schedule waits where it is told to`() {
        var script = KeyScript()
        script.create(10, 50, isDue: true)
        #expect(script.key.waitsForAnswer(unsentToo: true))
        #expect(!script.key.waitsForAnswer(unsentToo: false))
    }
}
