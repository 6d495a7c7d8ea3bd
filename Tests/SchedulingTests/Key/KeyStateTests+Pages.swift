import Testing

@testable import Scheduling

/// What pages show. An item beyond the horizon is in no page: the horizon moves first, and the window takes the schedule.
extension KeyStateTests {
    @Test(
        arguments: [
            Cell(.asking, "write", to: "asking"),
            Cell(.cancelWaits, "place 10@50, take out 10@50, write", to: "asking"),
            Cell(.askingPending, "", to: "asking, pending"),
            Cell(.askingOut, "", to: "asking, out"),
            Cell(.pending, "", to: "pending"),
            Cell(.out, "", to: "out"),
            Cell(.outAndPending, "", to: "out, pending"),
            Cell(.behind, "place 10@50", to: "pending"),
            Cell(.over, "write", ["delete 10@50"], to: "over"),
        ] as [Cell]
    )
    func `A page shows the create`(cell: Cell) {
        cell.check { $0.show(KeyScript.item(Self.s(10, 50))) }
    }

    @Test(
        arguments: [
            Cell(.asking, "write", to: "asking"),
            Cell(.cancelWaits, "place 10@950, take out 10@950, write", to: "asking"),
            Cell(.askingPending, "take out 10@50, write, place 10@950", to: "asking, pending"),
            Cell(.askingOut, "", to: "asking, out"),
            Cell(
                .pending,
                "take out 10@50, write, place 10@950, write",
                ["put 10@950, record 10@950, delete 10@50"],
                to: "pending"
            ),
            Cell(.out, "", to: "out"),
            Cell(.outAndPending, "", to: "out, pending"),
            Cell(.behind, "place 10@950", to: "pending"),
            Cell(.over, "place 10@950", to: "pending"),
        ] as [Cell]
    )
    func `A page shows a retry of the create`(cell: Cell) {
        cell.check { $0.show(KeyScript.item(Self.s(10, 950, attempt: 2))) }
    }

    @Test(
        arguments: [
            Cell(.asking, "write", to: "asking"),
            Cell(.cancelWaits, "place 5@40, take out 5@40, write", to: "asking"),
            Cell(.askingPending, "write", to: "asking, pending"),
            Cell(.askingOut, "write", to: "asking, out"),
            Cell(.pending, "write", ["delete 5@40"], to: "pending"),
            Cell(.beyondHorizon, "write", ["settle 10", "delete 5@40"], to: "over"),
            Cell(.out, "write", ["delete 5@40"], to: "out"),
            Cell(.outAndPending, "write", ["delete 5@40"], to: "out, pending"),
            Cell(.behind, "write", ["delete 5@40"], to: "behind"),
            Cell(.over, "write", ["delete 5@40"], to: "over"),
        ] as [Cell]
    )
    func `A page shows an older create`(cell: Cell) {
        cell.check { $0.show(KeyScript.item(Self.s(5, 40))) }
    }

    @Test(
        arguments: [
            Cell(.asking, "place 30@90", to: "asking, pending"),
            Cell(.cancelWaits, "place 30@90", to: "asking, cancel waits, pending"),
            Cell(.askingPending, "take out 10@50, write, place 30@90", to: "asking, pending"),
            Cell(.askingOut, "place 30@90", to: "asking, out, pending"),
            Cell(
                .pending,
                "take out 10@50, write, place 30@90, write",
                ["put 30@90, record 30@90, delete 10@50"],
                to: "pending"
            ),
            Cell(
                .beyondHorizon,
                "take out 10@5000, write, place 30@90, write",
                ["settle 10", "put 30@90, record 30@90, delete 10@5000"],
                to: "pending"
            ),
            Cell(.out, "place 30@90", to: "out, pending"),
            Cell(
                .outAndPending,
                "take out 11@80, write, place 30@90, write",
                ["put 30@90, record 30@90, delete 11@80"],
                to: "out, pending"
            ),
            Cell(.behind, "place 30@90", to: "pending"),
            Cell(.over, "place 30@90", to: "pending"),
        ] as [Cell]
    )
    func `A page shows a later create`(cell: Cell) {
        cell.check { $0.show(KeyScript.item(Self.s(30, 90))) }
    }

    @Test(
        arguments: [
            Cell(.asking, "write", to: "asking"),
            Cell(.cancelWaits, "write", to: "asking, cancel waits"),
            Cell(.askingPending, "write", to: "asking, pending"),
            Cell(.askingOut, "write", to: "asking, out"),
            Cell(.pending, "write", ["delete 30@90"], to: "pending"),
            Cell(.beyondHorizon, "write", ["settle 10", "delete 30@90"], to: "over"),
            Cell(.out, "write", ["delete 30@90"], to: "out"),
            Cell(.outAndPending, "write", ["delete 30@90"], to: "out, pending"),
            Cell(.behind, "write", ["delete 30@90"], to: "behind"),
            Cell(.over, "write", ["delete 30@90"], to: "over"),
        ] as [Cell]
    )
    func `A page shows a create whose key has moved to another partition`(cell: Cell) {
        cell.check { $0.show(KeyScript.item(Self.s(30, 90), Self.elsewhere)) }
    }

    private static let elsewhere = KeyScript.answer(s(7, 90), isPending: true, partition: 1).record

    /// An item of a key that is not in memory: its key record says what matters.
    @Test(
        arguments: [
            (KeyRecord(latest: s(10, 50)), "place 10@50", [], "pending"),
            (nil, "place 10@50", [], "pending"),
            (KeyRecord(latest: s(5, 40)), "place 10@50", [], "pending"),
            (KeyRecord(latest: s(30, 90)), "write", ["delete 10@50"], "behind"),
            (KeyRecord(latest: s(10, 950, attempt: 2)), "write", ["delete 10@50"], "behind"),
            (KeyRecord(latest: s(10, 50), state: .cancelled, request: 11), "write", ["delete 10@50"], "over"),
            (KeyRecord(latest: s(10, 50), state: .failed), "write", ["delete 10@50"], "over"),
            (elsewhere, "write", ["delete 10@50"], "over"),
        ] as [(KeyRecord?, String, [String], String)]
    )
    func `A page shows a key for the first time`(record: KeyRecord?, steps: String, writes: [String], state: String) {
        var script = KeyScript()
        let item = TimelineItem(schedule: Self.s(10, 50), record: record)
        #expect(script.show(item, isNew: true) == steps)
        #expect(script.write() == writes)
        #expect(script.state == state)
    }

    @Test(arguments: KeySituation.allCases)
    func `Whatever a page shows is pending, in flight or done with`(situation: KeySituation) {
        for schedule in [Self.s(10, 50), Self.s(10, 950, attempt: 2), Self.s(5, 40), Self.s(30, 90)] {
            var script = situation.play()
            script.show(KeyScript.item(schedule))
            #expect(script.key.accounts(for: schedule.position))
        }
    }
}
