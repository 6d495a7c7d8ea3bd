internal import CLinux
internal import Glibc

/// Milliseconds since the machine started, including the time that it slept. Nobody sets this clock, so it measures
/// pauses and deadlines. `WallClock`, which may be stepped, only decides what is due.
public struct Uptime: Hashable, Comparable, Sendable {
    /// The number of milliseconds.
    public var milliseconds: Int64

    /// Wraps a number of milliseconds since the start of the machine.
    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// A time that has passed.
    public static let zero = Uptime(milliseconds: 0)

    /// The current time, rounded down.
    public static func now() -> Uptime {
        var time = timespec()
        // Cannot fail: the clock exists on every Linux and the pointer is valid.
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Uptime(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// Orders by time.
    public static func < (left: Self, right: Self) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// The time `milliseconds` later (earlier, if negative).
    public func advanced(byMilliseconds milliseconds: Int64) -> Self {
        Self(milliseconds: self.milliseconds + milliseconds)
    }
}
