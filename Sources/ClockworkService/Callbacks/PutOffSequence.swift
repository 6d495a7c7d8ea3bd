internal import Runtime
internal import Scheduling

/// The times of schedules that are put off one after another, so that they come again in that order.
///
/// A value; time is an argument. Uptime measures the pauses, so a step of the wall clock does not lengthen the pauses
/// of later put-offs.
struct PutOffSequence {
    /// When the last one comes again.
    private(set) var end = Uptime.zero
    /// The same by the wall clock, with the offset that orders schedules of one millisecond.
    private var last = Position.beforeAll

    /// The largest drift between the two clocks from one schedule to the next, in milliseconds. A larger difference is
    /// a step.
    private static let drift: Int64 = 1_000

    /// When `schedule` is to be handed out again: not before `earliest`, and after those put off before it.
    mutating func time(for schedule: Schedule, earliest: Uptime, now: Moment) -> EpochMilliseconds {
        end = max(end, earliest, now.uptime)
        var time = now.wall.advanced(byMilliseconds: end.milliseconds - now.uptime.milliseconds)
        let offset = schedule.position.offset
        let lead = last.time.rawValue - time.rawValue
        if 0...Self.drift ~= lead {
            let pause = last.offset < offset ? lead : lead + 1
            end = end.advanced(byMilliseconds: pause)
            time = time.advanced(byMilliseconds: pause)
        }
        last = Position(time: time, offset: offset)
        return time
    }
}
