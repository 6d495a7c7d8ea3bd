// Its headers declare `timespec` first.
internal import CLinux
internal import Glibc

/// The host's wall clock, which may be stepped.
package enum SystemClock {
    /// The current time in milliseconds since 1970-01-01T00:00:00Z, rounded down, so that nothing that waits for an
    /// instant sees it too early.
    package static func epochMilliseconds() -> Int64 {
        var time = timespec()
        // Cannot fail: the clock exists on every Linux and the pointer is valid.
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}
