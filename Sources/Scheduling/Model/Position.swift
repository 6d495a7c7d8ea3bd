/// The place of a schedule in its partition's timeline: first by time, then by intake offset.
///
/// Offsets are unique within a partition, so every schedule has its own place, and a request that is read twice gets
/// the same place twice.
public struct Position: Hashable, Comparable, Sendable {
    /// When the schedule is due.
    public var time: EpochMilliseconds
    /// The intake offset of the create.
    public var offset: Int64

    /// A position from its two parts.
    public init(time: EpochMilliseconds, offset: Int64) {
        self.time = time
        self.offset = offset
    }

    /// Lies before every schedule.
    public static let beforeAll = Position(time: .zero, offset: -1)

    /// The last possible position at `time`: every schedule due at or before `time` is at or below it.
    public static func end(of time: EpochMilliseconds) -> Position {
        Position(time: time, offset: .max)
    }

    /// Orders positions as schedules are delivered.
    @inlinable
    public static func < (left: Self, right: Self) -> Bool {
        left.time == right.time ? left.offset < right.offset : left.time < right.time
    }
}
