import Testing

@testable import Scheduling

/// One key with no scheduler around it: the table of `docs/design.md`, row by row. Each test is an event, each of its
/// arguments a state, with the steps that follow, what is written then, and the state after that.
///
/// Here are the requests. What an owner reads has higher offsets than all it has read before. A request that is not
/// later than the latest one is therefore one that a page or a key record has shown, and the two states that only
/// reading leads to do not meet it: `asking` and `asking, cancel waits`.
@Suite struct KeyStateTests {
    typealias Cell = KeySituation.Cell

    static func s(_ offset: Int64, _ time: Int64, attempt: Int32 = 1) -> Schedule {
        KeyScript.schedule(offset, time, attempt: attempt)
    }

    @Test(arguments: KeySituation.allCases)
    func `A key comes into each of its states`(situation: KeySituation) {
        #expect(situation.play().state == situation.rawValue)
    }

    @Test(
        arguments: [
            Cell(.asking, "place 20@50", to: "asking, pending"),
            Cell(.cancelWaits, "place 20@50", to: "asking, cancel waits, pending"),
            Cell(.askingPending, "take out 10@50, write, place 20@50", to: "asking, pending"),
            Cell(.askingOut, "settle 20", to: "asking, out"),
            Cell(
                .pending,
                "take out 10@50, write, place 20@50, write",
                ["put 20@50, record 20@50, delete 10@50, settle 20"],
                to: "pending"
            ),
            Cell(
                .beyondHorizon,
                "take out 10@5000, write, place 20@50, write",
                ["settle 10", "put 20@50, record 20@50, delete 10@5000, settle 20"],
                to: "pending"
            ),
            Cell(.out, "settle 20", to: "out"),
            Cell(
                .outAndPending,
                "take out 11@80, write, place 20@50, write",
                ["put 20@50, record 20@50, delete 11@80, settle 20"],
                to: "out, pending"
            ),
            Cell(.behind, "ask for 20, place 20@50", to: "asking, pending"),
            Cell(.over, "settle 20", to: "over"),
        ] as [Cell]
    )
    func `A create with the time of the one before`(cell: Cell) {
        cell.check { $0.create(20, 50) }
    }

    @Test(
        arguments: [
            Cell(.asking, "place 20@80", to: "asking, pending"),
            Cell(.cancelWaits, "place 20@80", to: "asking, cancel waits, pending"),
            Cell(.askingPending, "take out 10@50, write, place 20@80", to: "asking, pending"),
            Cell(.askingOut, "place 20@80", to: "asking, out, pending"),
            Cell(
                .pending,
                "take out 10@50, write, place 20@80, write",
                ["put 20@80, record 20@80, delete 10@50, settle 20"],
                to: "pending"
            ),
            Cell(
                .beyondHorizon,
                "take out 10@5000, write, place 20@80, write",
                ["settle 10", "put 20@80, record 20@80, delete 10@5000, settle 20"],
                to: "pending"
            ),
            Cell(.out, "place 20@80, write", ["put 20@80, record 20@80, settle 20"], to: "out, pending"),
            Cell(
                .outAndPending,
                "take out 11@80, write, place 20@80, write",
                ["put 20@80, record 20@80, delete 11@80, settle 20"],
                to: "out, pending"
            ),
            Cell(.behind, "ask for 20, place 20@80", to: "asking, pending"),
            Cell(.over, "place 20@80, write", ["put 20@80, record 20@80, settle 20"], to: "pending"),
        ] as [Cell]
    )
    func `A create with another time`(cell: Cell) {
        cell.check { $0.create(20, 80) }
    }

    @Test(
        arguments: [
            Cell(.askingPending, "", to: "asking, pending"),
            Cell(.pending, "write", ["put 10@50, record 10@50, settle 10"], to: "pending"),
            Cell(.beyondHorizon, "write", ["settle 10", "put 10@5000, record 10@5000, settle 10"], to: "over"),
            Cell(.out, "settle 10", to: "out"),
            Cell(.outAndPending, "write", ["delete 10@50, settle 10"], to: "out, pending"),
            Cell(.behind, "settle 10", to: "behind"),
            Cell(.over, "settle 10", to: "over"),
        ] as [Cell]
    )
    func `A create that a page or a record has shown`(cell: Cell) {
        cell.check { $0.create(10, cell.state == .beyondHorizon ? 5_000 : 50) }
    }

    @Test(
        arguments: [
            Cell(.askingPending, "write", to: "asking, pending"),
            Cell(.pending, "write", ["delete 5@40, settle 5"], to: "pending"),
            Cell(.beyondHorizon, "write", ["settle 10", "delete 5@40, settle 5"], to: "over"),
            Cell(.out, "write", ["delete 5@40, settle 5"], to: "out"),
            Cell(.outAndPending, "write", ["delete 5@40, settle 5"], to: "out, pending"),
            Cell(.behind, "write", ["delete 5@40, settle 5"], to: "behind"),
            Cell(.over, "write", ["delete 5@40, settle 5"], to: "over"),
        ] as [Cell]
    )
    func `A create older than the latest request that is known`(cell: Cell) {
        cell.check { $0.create(5, 40) }
    }

    @Test(
        arguments: [
            Cell(.asking, "", to: "asking, cancel waits"),
            Cell(.cancelWaits, "settle 20", to: "asking, cancel waits"),
            Cell(.askingPending, "take out 10@50, write", to: "asking"),
            Cell(.askingOut, "settle 20", to: "asking, out"),
            Cell(
                .pending,
                "take out 10@50, write",
                ["record 10@50 cancelled by 20, delete 10@50, settle 20"],
                to: "over"
            ),
            Cell(
                .beyondHorizon,
                "take out 10@5000, write",
                ["settle 10", "record 10@5000 cancelled by 20, delete 10@5000, settle 20"],
                to: "over"
            ),
            Cell(.out, "settle 20", to: "out"),
            Cell(
                .outAndPending,
                "take out 11@80, write",
                ["record 11@80 cancelled by 20, delete 11@80, settle 20"],
                to: "out"
            ),
            Cell(.behind, "ask for 20", to: "asking, cancel waits"),
            Cell(.over, "settle 20", to: "over"),
        ] as [Cell]
    )
    func `A cancel`(cell: Cell) {
        cell.check { $0.cancel(20) }
    }

    @Test(
        arguments: [
            Cell(.askingPending, "settle 5", to: "asking, pending"),
            Cell(.pending, "settle 5", to: "pending"),
            Cell(.beyondHorizon, "settle 5", ["settle 10"], to: "over"),
            Cell(.out, "settle 5", to: "out"),
            Cell(.outAndPending, "settle 5", to: "out, pending"),
            Cell(.behind, "settle 5", to: "behind"),
            Cell(.over, "settle 5", to: "over"),
        ] as [Cell]
    )
    func `A cancel older than the latest request that is known`(cell: Cell) {
        cell.check { $0.cancel(5) }
    }
}
