import Runtime
import Testing

@testable import ClockworkService

@Suite struct AssignmentsTests {
    private typealias Action = Assignments.Action

    private let start = Uptime(milliseconds: 1_000)
    private let deadline = Uptime(milliseconds: 1_000 + Assignments.drainLimit)

    private static func log(from start: Int64 = 0) -> LogSettlement {
        LogSettlement(progress: nil, group: nil, log: LogSettlement.Log(low: start, high: start))
    }

    /// Has partition 4 owned by owner 1.
    private func owned() -> Assignments {
        var assignments = Assignments()
        _ = assignments.assigned([4])
        _ = assignments.settled([4: Self.log()], assignment: 1)
        return assignments
    }

    @Test func `an assigned partition is settled, then owned and read from its start`() {
        var assignments = Assignments()
        #expect(assignments.assigned([4, 5]) == [.settle([4, 5], assignment: 1)])
        #expect(assignments.isSettling && assignments.activeOwner(of: 4) == nil)
        let log = Self.log(from: 7)
        #expect(assignments.settled([4: log], assignment: 1) == [.begin(1, 4, log), .assign([4: 7])])
        #expect(assignments.isSettling(5, assignment: 1) && !assignments.isSettling(4, assignment: 1))
        #expect(assignments.settled([5: log], assignment: 1) == [.begin(2, 5, log), .assign([5: 7])])
        #expect(!assignments.isSettling && assignments.activeOwner(of: 5) == 2 && assignments.wakeAt == nil)
    }

    @Test func `an answer about an earlier assignment begins nothing`() {
        var assignments = Assignments()
        _ = assignments.assigned([4])
        #expect(assignments.revoked([4], now: start) == [.release([4])])
        #expect(assignments.settled([4: Self.log()], assignment: 1) == [])
        #expect(assignments.assigned([4]) == [.settle([4], assignment: 2)])
        #expect(assignments.settled([4: Self.log()], assignment: 1) == [])
        #expect(assignments.activeOwner(of: 4) == nil)
    }

    @Test func `a second answer about an assignment begins nothing`() {
        var assignments = owned()
        #expect(assignments.settled([4: Self.log()], assignment: 1) == [])
    }

    @Test func `a revoked partition drains, awaits its commit and is released`() {
        var assignments = owned()
        #expect(assignments.revoked([4], now: start) == [.drain(1)])
        #expect(assignments.activeOwner(of: 4) == nil && assignments.owner(of: 4) == 1)
        #expect(assignments.wakeAt == deadline && !assignments.awaitsCommit)
        #expect(assignments.drained(1, of: 4, awaitsCommit: true) == [])
        #expect(assignments.awaitsCommit)
        #expect(assignments.commitsEnded(4) == [.letGo(1, .release, wasInTime: true), .release([4])])
        #expect(assignments.owner(of: 4) == nil && assignments.wakeAt == nil)
    }

    @Test func `a drained partition with nothing to commit is released at once`() {
        var assignments = owned()
        _ = assignments.revoked([4], now: start)
        let actions = assignments.drained(1, of: 4, awaitsCommit: false)
        #expect(actions == [.letGo(1, .release, wasInTime: true), .release([4])])
    }

    @Test func `a drain that takes too long ends as it is`() {
        var assignments = owned()
        _ = assignments.revoked([4], now: start)
        #expect(assignments.timeReached(Uptime(milliseconds: deadline.milliseconds - 1)) == [])
        #expect(assignments.timeReached(deadline) == [.letGo(1, .release, wasInTime: false), .release([4])])
        #expect(assignments.drained(1, of: 4, awaitsCommit: false) == [])
    }

    @Test func `a commit without an answer is awaited up to the same deadline`() {
        var assignments = owned()
        _ = assignments.revoked([4], now: start)
        _ = assignments.drained(1, of: 4, awaitsCommit: true)
        #expect(assignments.wakeAt == deadline)
        #expect(assignments.timeReached(deadline) == [.letGo(1, .release, wasInTime: false), .release([4])])
    }

    @Test func `commits of a partition that is at work, or draining, end nothing`() {
        var assignments = owned()
        #expect(assignments.commitsEnded(4) == [])
        _ = assignments.revoked([4], now: start)
        #expect(assignments.commitsEnded(4) == [])
    }

    @Test func `a partition that is not known is released when it is revoked`() {
        var assignments = Assignments()
        #expect(assignments.revoked([9], now: start) == [.release([9])])
    }

    @Test func `a lost partition is given up at once, whatever it is about`() {
        var settling = Assignments()
        _ = settling.assigned([4])
        #expect(settling.lost([4]) == [.startAfresh])
        #expect(settling.settled([4: Self.log()], assignment: 1) == [])

        var working = owned()
        #expect(working.lost([4]) == [.giveUp(1), .startAfresh])

        var draining = owned()
        _ = draining.revoked([4], now: start)
        #expect(draining.lost([4]) == [.giveUp(1), .startAfresh])
        #expect(draining.drained(1, of: 4, awaitsCommit: false) == [])

        var waiting = owned()
        _ = waiting.revoked([4], now: start)
        _ = waiting.drained(1, of: 4, awaitsCommit: true)
        #expect(waiting.lost([4]) == [.giveUp(1), .startAfresh])
        #expect(waiting.commitsEnded(4) == [])
    }

    @Test func `what is on its way is kept while another partition is owned`() {
        var assignments = owned()
        _ = assignments.assigned([5])
        _ = assignments.settled([5: Self.log()], assignment: 2)
        #expect(assignments.lost([4]) == [.giveUp(1)])
    }

    // MARK: Logs

    @Test func `a doubted log is looked at, and read on when it is the same`() {
        var assignments = owned()
        #expect(assignments.logDoubted([4]) == [.suspend(1), .look([4], doubt: 1)])
        #expect(assignments.activeOwner(of: 4) == nil && assignments.owner(of: 4) == 1)
        #expect(assignments.isSettling && assignments.isDoubted(4, doubt: 1) && assignments.wakeAt == nil)
        #expect(assignments.logsConfirmed([4: 7], doubt: 1) == [.resume(1, from: 7), .assign([4: 7])])
        #expect(assignments.activeOwner(of: 4) == 1 && !assignments.isSettling)
    }

    @Test func `partitions that are doubted together are looked at together, those in doubt not again`() {
        var assignments = owned()
        _ = assignments.assigned([5, 6])
        _ = assignments.settled([5: Self.log()], assignment: 2)
        #expect(assignments.logDoubted([4, 5, 6, 7]) == [.suspend(1), .suspend(2), .look([4, 5], doubt: 1)])
        #expect(assignments.logDoubted([4, 5, 6, 7]) == [])
        #expect(assignments.logsConfirmed([5: 1], doubt: 1) == [.resume(2, from: 1), .assign([5: 1])])
        #expect(assignments.logDoubted([4, 5]) == [.suspend(2), .look([5], doubt: 2)])
    }

    @Test func `an answer to an earlier doubt, or a second one, says nothing`() {
        var assignments = owned()
        _ = assignments.logDoubted([4])
        _ = assignments.logsConfirmed([4: 7], doubt: 1)
        #expect(assignments.logsConfirmed([4: 7], doubt: 1) == [])
        _ = assignments.logDoubted([4])
        #expect(assignments.logsConfirmed([4: 7], doubt: 1) == [])
        #expect(assignments.isDoubted(4, doubt: 2) && !assignments.isDoubted(4, doubt: 1))
    }

    @Test(arguments: [false, true])
    func `a log that has changed is settled anew by a new owner, without a commit`(isDoubted: Bool) {
        var assignments = owned()
        if isDoubted { _ = assignments.logDoubted([4]) }
        #expect(assignments.logChanged(4, owner: 1, readUpTo: 7, now: start) == [.stopCommitting(1), .drain(1)])
        #expect(assignments.activeOwner(of: 4) == nil && assignments.logsConfirmed([4: 7], doubt: 1) == [])
        let actions = assignments.drained(1, of: 4, awaitsCommit: false)
        #expect(
            actions == [
                .letGo(1, .settleAgain(readUpTo: 7), wasInTime: true), .settle([4], assignment: 2, readUpTo: 7),
            ]
        )
        let log = Self.log(from: 3)
        #expect(assignments.settled([4: log], assignment: 2) == [.begin(2, 4, log), .assign([4: 3])])
    }

    @Test func `a log that has changed is settled anew even when its owner does not come to an end`() {
        var assignments = owned()
        _ = assignments.logChanged(4, owner: 1, readUpTo: 7, now: start)
        #expect(
            assignments.timeReached(deadline) == [
                .letGo(1, .settleAgain(readUpTo: 7), wasInTime: false), .settle([4], assignment: 2, readUpTo: 7),
            ]
        )
    }

    @Test func `a log that is being settled is not doubted`() {
        var assignments = Assignments()
        _ = assignments.assigned([4])
        #expect(assignments.logDoubted([4, 5]) == [])
    }

    @Test func `what is found of an owner that is gone says nothing of the next`() {
        var assignments = owned()
        _ = assignments.revoked([4], now: start)
        _ = assignments.drained(1, of: 4, awaitsCommit: false)
        _ = assignments.assigned([4])
        #expect(assignments.logChanged(4, owner: 1, readUpTo: 7, now: start) == [])
        _ = assignments.settled([4: Self.log()], assignment: 2)
        #expect(assignments.logChanged(4, owner: 1, readUpTo: 7, now: start) == [])
    }

    @Test func `a change that is found twice changes nothing more`() {
        var assignments = owned()
        _ = assignments.logChanged(4, owner: 1, readUpTo: 7, now: start)
        #expect(assignments.logChanged(4, owner: 1, readUpTo: 7, now: start) == [.stopCommitting(1)])
        #expect(assignments.wakeAt == deadline)
    }

    @Test func `a revoked partition whose log is in doubt is released, and commits no more`() {
        let ending: [Action] = [.letGo(1, .release, wasInTime: true), .release([4])]

        var doubtedFirst = owned()
        _ = doubtedFirst.logDoubted([4])
        #expect(doubtedFirst.revoked([4], now: start) == [.drain(1)])
        #expect(doubtedFirst.logsConfirmed([4: 7], doubt: 1) == [])
        #expect(doubtedFirst.drained(1, of: 4, awaitsCommit: false) == ending)

        var changedFirst = owned()
        _ = changedFirst.logChanged(4, owner: 1, readUpTo: 7, now: start)
        #expect(changedFirst.revoked([4], now: start) == [])
        #expect(changedFirst.drained(1, of: 4, awaitsCommit: false) == ending)

        var revokedFirst = owned()
        _ = revokedFirst.revoked([4], now: start)
        #expect(revokedFirst.logDoubted([4]) == [.stopCommitting(1)])
        #expect(revokedFirst.drained(1, of: 4, awaitsCommit: false) == ending)

        var waiting = owned()
        _ = waiting.revoked([4], now: start)
        _ = waiting.drained(1, of: 4, awaitsCommit: true)
        #expect(waiting.logDoubted([4]) == [.stopCommitting(1)] + ending)
    }

    @Test func `a lost partition whose log is in doubt is given up`() {
        var assignments = owned()
        _ = assignments.logDoubted([4])
        #expect(assignments.lost([4]) == [.giveUp(1), .startAfresh])
        #expect(assignments.logsConfirmed([4: 7], doubt: 1) == [])
    }

    @Test func `a member without partitions shuts down at once`() {
        var assignments = Assignments()
        #expect(assignments.shutDown(now: start) == [.end])
        #expect(assignments.hasEnded && assignments.shutDown(now: start) == [])
        #expect(assignments.assigned([4]) == [])
    }

    @Test func `a shutdown drains every owner and ends with the last`() {
        var assignments = owned()
        _ = assignments.assigned([5, 6])
        _ = assignments.settled([5: Self.log()], assignment: 2)
        #expect(assignments.shutDown(now: start) == [.drain(1), .drain(2)])
        #expect(!assignments.isRunning && !assignments.isSettling)
        #expect(assignments.settled([6: Self.log()], assignment: 2) == [])
        #expect(assignments.assigned([7]) == [])
        #expect(assignments.drained(2, of: 5, awaitsCommit: false) == [.letGo(2, .shutDown, wasInTime: true)])
        #expect(assignments.drained(1, of: 4, awaitsCommit: true) == [])
        #expect(assignments.commitsEnded(4) == [.letGo(1, .shutDown, wasInTime: true), .end])
    }

    @Test func `a shutdown while partitions drain leaves their releases as they are`() {
        var revoked = owned()
        _ = revoked.revoked([4], now: start)
        #expect(revoked.shutDown(now: start) == [])
        let actions = revoked.drained(1, of: 4, awaitsCommit: false)
        #expect(actions == [.letGo(1, .release, wasInTime: true), .release([4]), .end])

        var changed = owned()
        _ = changed.logChanged(4, owner: 1, readUpTo: 7, now: start)
        #expect(changed.shutDown(now: start) == [])
        #expect(changed.drained(1, of: 4, awaitsCommit: false) == [.letGo(1, .shutDown, wasInTime: true), .end])

        var doubted = owned()
        _ = doubted.logDoubted([4])
        #expect(doubted.shutDown(now: start) == [.drain(1)])
        #expect(doubted.drained(1, of: 4, awaitsCommit: false) == [.letGo(1, .shutDown, wasInTime: true), .end])
    }

    @Test func `a revocation during a shutdown is answered`() {
        var assignments = owned()
        _ = assignments.shutDown(now: start)
        #expect(assignments.revoked([4], now: start) == [])
        let actions = assignments.drained(1, of: 4, awaitsCommit: false)
        #expect(actions == [.letGo(1, .release, wasInTime: true), .release([4]), .end])
    }

    @Test func `a loss during a shutdown ends it`() {
        var assignments = owned()
        _ = assignments.shutDown(now: start)
        #expect(assignments.lost([4]) == [.giveUp(1), .startAfresh, .end])
    }

    @Test func `a pod that is abandoned gives up its owners and does nothing more`() {
        var assignments = owned()
        _ = assignments.assigned([5])
        #expect(assignments.abandoned() == [.giveUp(1), .end])
        #expect(assignments.abandoned() == [])
        #expect(assignments.settled([5: Self.log()], assignment: 2) == [])
        #expect(assignments.revoked([4], now: start) == [])
        #expect(assignments.lost([4]) == [])
    }
}
