// Its headers declare `timespec` first.
internal import CLinux
internal import Glibc
public import Scheduling

/// The host's wall clock.
public enum WallClock {
    /// The current time, rounded down, so that nothing that waits for an instant sees it too early.
    public static func now() -> EpochMilliseconds {
        var time = timespec()
        // Cannot fail: the clock exists on every Linux and the pointer is valid.
        clock_gettime(CLOCK_REALTIME, &time)
        return EpochMilliseconds(rawValue: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
