import Runtime
import Scheduling
import Testing

@testable import ClockworkService

@Suite struct PutOffSequenceTests {
    private func schedule(_ offset: Int64) -> Schedule {
        Schedule(
            key: ScheduleKey(clientID: "c", scheduleKey: "\(offset)"),
            position: Position(time: .zero, offset: offset),
            orderingKey: "o",
            target: .topic("t"),
            payload: nil,
            headers: RecordHeaders()
        )
    }

    /// Puts schedules off to uptime 2,000, one after the other, where the clocks show these times.
    private func times(_ steps: [(offset: Int64, wall: Int64, uptime: Int64)]) -> [Int64] {
        var sequence = PutOffSequence()
        return steps.map { offset, wall, uptime in
            let now = Moment(
                wall: EpochMilliseconds(rawValue: wall),
                uptime: Uptime(milliseconds: uptime)
            )
            let earliest = Uptime(milliseconds: 2_000)
            return sequence.time(for: schedule(offset), earliest: earliest, now: now).rawValue
        }
    }

    @Test func `those of one millisecond come again by their offsets, others a millisecond later`() {
        #expect(
            times([(1, 70_000, 1_000), (2, 70_000, 1_000), (0, 70_000, 1_000), (3, 70_000, 1_000)])
                == [71_000, 71_000, 71_001, 71_001]
        )
    }

    @Test func `clocks that are not read at one instant change nothing in the order`() {
        #expect(times([(1, 70_000, 1_000), (0, 70_000, 1_001), (2, 70_002, 1_002)]) == [71_000, 71_001, 71_002])
    }

    @Test func `a wall clock that was set back takes nobody along to where it had been`() {
        #expect(
            times([(1, 86_470_000, 1_000), (0, 70_100, 1_100), (2, 70_200, 1_200)]) == [86_471_000, 71_000, 71_000]
        )
    }

    @Test func `a wall clock that was set ahead shortens no pause`() {
        #expect(times([(1, 70_000, 1_000), (0, 86_470_100, 1_100)]) == [71_000, 86_471_000])
    }
}
