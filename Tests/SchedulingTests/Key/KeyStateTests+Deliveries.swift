import Testing

@testable import Scheduling

/// Deliveries, places and writes.
extension KeyStateTests {
    /// What is beyond the horizon, or not pending, does not go out.
    @Test(
        arguments: [
            Cell(.askingPending, "", to: "asking, out"),
            Cell(.pending, "", to: "out"),
            Cell(.outAndPending, "", to: "out, out"),
        ] as [Cell]
    )
    func `The pending schedule goes out`(cell: Cell) {
        cell.check { script in
            script.handOut()
            return ""
        }
    }

    @Test(
        arguments: [
            Cell(.askingOut, "write", to: "asking"),
            Cell(.out, "write", ["delete 10@50"], to: "over"),
            Cell(.outAndPending, "write", ["delete 10@50"], to: "pending"),
        ] as [Cell]
    )
    func `The delivery in front is acknowledged`(cell: Cell) {
        cell.check { $0.end(.delivered) }
    }

    @Test(
        arguments: [
            Cell(.askingOut, "write", to: "asking"),
            Cell(.out, "write", ["record 10@50 failed, delete 10@50"], to: "over"),
            Cell(.outAndPending, "write", ["delete 10@50"], to: "pending"),
        ] as [Cell]
    )
    func `The delivery in front has failed for good`(cell: Cell) {
        cell.check { $0.end(.failed) }
    }

    @Test(
        arguments: [
            Cell(.askingOut, "place 10@300", to: "asking, pending"),
            Cell(.out, "place 10@300, write", ["put 10@300, record 10@300, delete 10@50"], to: "pending"),
            Cell(.outAndPending, "write", ["delete 10@50"], to: "pending"),
        ] as [Cell]
    )
    func `The delivery in front is to be made again`(cell: Cell) {
        cell.check { $0.putOff(to: 300) }
    }

    /// Only what is pending and in the window is let go.
    @Test(
        arguments: [
            Cell(.askingPending, "", to: "asking, beyond the horizon"),
            Cell(.pending, "", to: "over"),
            Cell(.outAndPending, "", to: "out, beyond the horizon"),
        ] as [Cell]
    )
    func `The window lets the pending schedule go`(cell: Cell) {
        cell.check { $0.event { $0.placed(.store, &$1) } }
    }

    @Test func `The first write of a key beyond the horizon is its last`() {
        var script = KeySituation.beyondHorizon.play()
        #expect(!script.key.isOver)
        #expect(script.write() == ["settle 10"])
        #expect(script.key.isOver)
        #expect(script.key.pending?.isStored == true)
    }

    @Test func `A change waits for the one in flight`() {
        var script = KeySituation.beyondHorizon.play()
        script.cancel(20)
        #expect(script.send() == nil)
        #expect(script.event { $0.stored(&$1) } == "settle 10, write")
        #expect(script.send() == "record 10@5000 cancelled by 20, delete 10@5000")
    }

    @Test(arguments: KeySituation.allAsking)
    func `Nothing is written before the answer`(situation: KeySituation) {
        var script = situation.play()
        script.create(20, 80)
        script.cancel(21)
        #expect(script.key.draft.hasUnsent)
        #expect(script.send() == nil)
        #expect(!script.key.isOver)
    }

    @Test(arguments: KeySituation.allCases)
    func `Only a key with nothing pending here, in flight, asked or to be written is over`(situation: KeySituation) {
        let isOver = situation == .over || situation == .behind
        #expect(situation.play().key.isOver == isOver)
    }

    @Test func `A schedule that is due on arrival is written when it is delivered, and settled by that`() {
        var script = KeyScript()
        script.create(10, 50, isDue: true)
        #expect(script.answer(.unknown) == "release 10@50")
        script.handOut()
        #expect(script.end(.delivered) == "write")
        #expect(script.write() == ["record 10@50, settle 10"])
        #expect(script.state == "over")
    }

    @Test func `Where it replaces a stored one, the delete waits for the record`() {
        var script = KeyScript()
        script.create(10, 50, isDue: true)
        script.event { $0.answerIsLate(&$1) }
        script.handOut()
        script.answer(KeyScript.answer(Self.s(5, 40), isPending: true))
        #expect(script.send() == nil)
        #expect(script.end(.delivered) == "write")
        #expect(script.write() == ["record 10@50, delete 5@40, settle 10"])
    }

    @Test func `A callback that is due on arrival is written at once`() {
        var script = KeyScript()
        script.create(10, 50, isDue: true, isCallback: true)
        #expect(script.answer(.unknown) == "write, release 10@50, write")
        script.handOut()
        #expect(script.write() == ["put 10@50, record 10@50, settle 10"])
        script.end(.delivered)
        #expect(script.write() == ["delete 10@50"])
    }
}
