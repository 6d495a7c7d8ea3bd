import Testing

@testable import Scheduling

/// When a pending schedule is written, and what becomes of it where it is taken away.
@Suite struct PendingScheduleTests {
    private static let position = KeyScript.position(10, 50)

    private static func pending(isDue: Bool = false, isCallback: Bool = false, isInPen: Bool = false) -> PendingSchedule
    {
        let schedule = KeyScript.schedule(10, 50, isCallback: isCallback)
        var pending = PendingSchedule(schedule, wasDueOnArrival: isDue, settling: OffsetList(10))
        if isInPen { pending.placed(.pen) }
        return pending
    }

    private func isWritten(_ pending: PendingSchedule, _ draft: Draft = Draft(), isNamed: Bool = true) -> Bool {
        var pending = pending
        var draft = draft
        var steps = KeySteps(partition: 0)
        pending.planWrite(in: &draft, isNamed: isNamed, &steps)
        #expect((draft.put != nil) == pending.offsets.isEmpty || pending.isStored)
        return draft.put != nil && !steps.list.isEmpty
    }

    @Test func `What is not due yet is written, and settled by that`() {
        #expect(isWritten(Self.pending()))
        #expect(isWritten(Self.pending(isInPen: true)))
    }

    @Test func `The write of what goes out at once is spared, unless it takes long or takes another one's place`() {
        #expect(!isWritten(Self.pending(isDue: true, isInPen: true)))
        #expect(isWritten(Self.pending(isDue: true)))
        #expect(isWritten(Self.pending(isDue: true, isCallback: true, isInPen: true)))
        var draft = Draft()
        draft.delete(KeyScript.position(5, 40))
        #expect(isWritten(Self.pending(isDue: true, isInPen: true), draft))
    }

    @Test func `What the store has is written only where its record does not name it, or an offset waits`() {
        var stored = PendingSchedule(stored: KeyScript.schedule(10, 50))
        #expect(!isWritten(stored))
        #expect(isWritten(stored, isNamed: false))
        stored.settle(10)
        #expect(isWritten(stored))
    }

    @Test func `It is left by a horizon that has come to it, while it is beyond one`() {
        var pending = Self.pending()
        #expect(pending.isLeft(by: Self.position))
        #expect(!pending.isLeft(by: KeyScript.position(9, 50)))
        pending.placed(.pen)
        #expect(!pending.isLeft(by: Self.position))
    }

    @Test func `A retry of it that the store holds waits for the same requests`() {
        let record = KeyRecord(latest: KeyScript.schedule(10, 950, attempt: 3))
        let retry = Self.pending().adopting(record)
        #expect(retry.position == record.position)
        #expect(retry.schedule.attempt == 3)
        #expect(retry.schedule.scheduleTime == Self.position.time)
        #expect(retry.isStored)
        #expect(!retry.offsets.isEmpty)
    }

    @Test(arguments: [false, true])
    func `Withdrawn, its item is deleted in any case; dropped, only where the store has it`(isStored: Bool) {
        var draft = Draft()
        var steps = KeySteps(partition: 0)
        var pending = Self.pending()
        if isStored { pending.isInTimeline() }
        pending.drop(from: &draft, &steps)
        #expect(draft.deletes == (isStored ? [Self.position] : []))
        draft = Draft()
        draft.write(pending.schedule, settling: OffsetList())
        #expect(!pending.withdraw(from: &draft, &steps).isEmpty)
        #expect(draft.deletes == [Self.position])
        #expect(draft.put == nil)
    }
}
