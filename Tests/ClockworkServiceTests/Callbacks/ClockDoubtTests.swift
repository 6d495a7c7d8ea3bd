import Runtime
import Scheduling
import Testing

@testable import ClockworkService

@Suite struct ClockDoubtTests {
    private let day: Int64 = 86_400_000

    /// A moment at this uptime. The wall clock is ahead by so much.
    private func moment(_ milliseconds: Int64, ahead: Int64 = 0) -> Moment {
        Moment(
            wall: EpochMilliseconds(rawValue: 5_000_000 + milliseconds + ahead),
            uptime: Uptime(milliseconds: milliseconds)
        )
    }

    @Test func `a clock that goes on is not in doubt, nor one that is set back`() {
        var doubt = ClockDoubt()
        doubt.look(moment(0))
        doubt.look(moment(day))
        doubt.look(moment(day + 1, ahead: 500))
        #expect(doubt.end == nil)
        doubt.look(moment(day + 2, ahead: -day))
        #expect(doubt.end == nil)
        #expect(doubt.time(moment(day + 2, ahead: -day)) == moment(day + 2, ahead: -day).wall)
    }

    @Test func `a clock that is set ahead is in doubt until it is set back`() {
        var doubt = ClockDoubt()
        doubt.look(moment(0))
        doubt.look(moment(100, ahead: day))
        #expect(doubt.end == Uptime(milliseconds: 100 + ClockDoubt.patience))
        #expect(doubt.time(moment(3_000, ahead: day)) == moment(3_000).wall)
        doubt.look(moment(3_000, ahead: day))
        #expect(doubt.end != nil)
        doubt.look(moment(3_100, ahead: 200))
        #expect(doubt.end == nil)
    }

    @Test func `a clock that stays where it was set to is taken to be right`() {
        var doubt = ClockDoubt()
        doubt.look(moment(0))
        doubt.look(moment(100, ahead: day))
        doubt.look(moment(100 + ClockDoubt.patience - 1, ahead: day))
        #expect(doubt.end != nil)
        doubt.look(moment(100 + ClockDoubt.patience, ahead: day))
        #expect(doubt.end == nil)
        doubt.look(moment(200 + ClockDoubt.patience, ahead: day))
        #expect(doubt.end == nil)
    }

    @Test func `of two steps ahead the time before the first one counts`() {
        var doubt = ClockDoubt()
        doubt.look(moment(0))
        doubt.look(moment(100, ahead: 60_000))
        doubt.look(moment(200, ahead: day))
        #expect(doubt.time(moment(300, ahead: day)) == moment(300).wall)
        // Back to where the first one led is not back.
        doubt.look(moment(400, ahead: 60_000))
        #expect(doubt.end != nil)
    }
}
