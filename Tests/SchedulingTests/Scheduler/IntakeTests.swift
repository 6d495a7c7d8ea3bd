import Testing

@testable import Scheduling

@Suite struct IntakeTests {
    private let limits: SchedulerLimits

    init() {
        var limits = SchedulerLimits()
        limits.maxUnsettled = 4
        limits.maxUncommitted = 8
        limits.maxResidentBytes = 100
        limits.maxResident = 6
        self.limits = limits
    }

    @Test func `What was read before is ignored`() {
        var intake = Intake(start: 5, end: 5)
        #expect([4, 5, 5, 8].map { intake.read($0) } == [false, true, false, true])
        #expect(intake.next == 9)
        #expect(intake.unsettledCount == 2)
    }

    @Test func `The replay is what was in the log at the assignment`() {
        var intake = Intake(start: 5, end: 7)
        #expect(intake.isReplay(6))
        #expect(!intake.isReplay(7))
        _ = intake.read(5)
        #expect(!intake.hasReadReplay)
        _ = intake.read(6)
        #expect(intake.hasReadReplay)
        #expect(Intake(start: 7, end: 7).hasReadReplay)
    }

    @Test func `The end of the partition ends the replay although its last records are missing`() {
        var intake = Intake(start: 5, end: 7)
        intake.endReached(at: 5)
        #expect(intake.hasReadReplay)
    }

    @Test func `The end of the partition is committed, what lies between it and the last request included`() {
        var intake = Intake(start: 5, end: 7)
        _ = intake.read(5)
        intake.endReached(at: 9)
        #expect(intake.next == 9)
        #expect(intake.takeCommit() == nil, "the request is not settled")
        intake.settle(5)
        #expect(intake.takeCommit() == 9)
        #expect([8, 9].map { intake.read($0) } == [false, true], "what was skipped is no request")
        intake.settle(9)
        #expect(intake.takeCommit() == 10)
    }

    @Test func `An end that comes again, or from before, changes nothing`() {
        var intake = Intake(start: 5, end: 5)
        intake.endReached(at: 5)
        #expect(intake.takeCommit() == nil)
        intake.endReached(at: 8)
        intake.endReached(at: 6)
        #expect(intake.next == 8)
        #expect(intake.takeCommit() == 8)
        intake.endReached(at: 8)
        #expect(intake.takeCommit() == nil)
    }

    @Test func `A commit is asked for once, when it has grown`() {
        var intake = Intake(start: 5, end: 5)
        #expect(intake.takeCommit() == nil)
        for offset in Int64(5)..<8 { _ = intake.read(offset) }
        intake.settle(6)
        #expect(intake.takeCommit() == nil)
        intake.settle(5)
        #expect(intake.takeCommit() == 7)
        #expect(intake.takeCommit() == nil)
    }

    @Test func `A rejected request is settled by its dead letter, once`() {
        var intake = Intake(start: 0, end: 0)
        _ = intake.read(0)
        intake.reject(0)
        #expect(!intake.isQuiet)
        intake.deadLettered(0)
        intake.deadLettered(0)
        #expect(intake.isQuiet)
        #expect(intake.takeCommit() == 1)
    }

    @Test func `It pauses at the bound of unsettled offsets and resumes at half of it`() {
        var intake = Intake(start: 0, end: 0)
        for offset in Int64(0)..<3 { _ = intake.read(offset) }
        #expect(intake.steer(bytes: 0, waiting: 0, limits) == nil)
        _ = intake.read(3)
        #expect(intake.steer(bytes: 0, waiting: 0, limits) == .pause)
        #expect(intake.steer(bytes: 0, waiting: 0, limits) == nil)
        intake.settle(0)
        #expect(intake.steer(bytes: 0, waiting: 0, limits) == nil)
        intake.settle(1)
        #expect(intake.steer(bytes: 0, waiting: 0, limits) == .resume)
        #expect(!intake.isPaused)
    }

    @Test func `It pauses where one unsettled offset holds up the commit of too many`() {
        var intake = Intake(start: 0, end: 0)
        for offset in Int64(0)..<8 {
            _ = intake.read(offset)
            if offset > 0 { intake.settle(offset) }
        }
        #expect(intake.steer(bytes: 0, waiting: 0, limits) == .pause)
        intake.settle(0)
        #expect(intake.steer(bytes: 0, waiting: 0, limits) == .resume)
    }

    @Test func `It pauses at twice the weight of the window, and at its number in the holding pen`() {
        var intake = Intake(start: 0, end: 0)
        #expect(intake.steer(bytes: 199, waiting: 5, limits) == nil)
        #expect(intake.steer(bytes: 200, waiting: 0, limits) == .pause)
        #expect(intake.steer(bytes: 199, waiting: 4, limits) == nil)
        #expect(intake.steer(bytes: 199, waiting: 3, limits) == .resume)
        #expect(intake.steer(bytes: 0, waiting: 6, limits) == .pause)
    }
}
