internal import Glibc

/// A clock that nobody sets.
package enum MonotonicClock {
    /// The time in nanoseconds since some moment before this process began.
    package static func now() -> UInt64 {
        var time = timespec()
        // Cannot fail: the clock exists on every Linux and the pointer is valid.
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
