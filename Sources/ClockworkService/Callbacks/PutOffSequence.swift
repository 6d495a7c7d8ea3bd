internal import Runtime
internal import Scheduling

/// The times to which schedules are put off one after the other, so that they come again in that order.
///
/// A value; time is an argument. The pauses are measured by uptime, so a step of the wall clock does not lengthen the
/// pauses of those that are put off after it.
struct PutOffSequence {
    /// When the last one comes again.
    private(set) var end = Uptime.zero
    /// The same by the wall clock, with the offset that decides among those of one millisecond.
    private var last = Position.beforeAll

    /// How far the two clocks may have drifted apart between two schedules, in milliseconds. More than that is a step.
    private static let drift: Int64 = 1_000

    /// When `schedule` is to be handed out again: not before `earliest`, and behind those that were put off before it.
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
