internal import Runtime
public import Scheduling

/// The host's wall clock.
public enum WallClock {
    /// The current time, rounded down, so that nothing that waits for an instant sees it too early.
    public static func now() -> EpochMilliseconds {
        EpochMilliseconds(rawValue: SystemClock.epochMilliseconds())
    }
}
