/// The wait before an attempt is repeated: exponential, with full jitter.
///
/// [Exponential Backoff And Jitter](https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/)
public struct Backoff: Sendable {
    /// The longest wait after the first attempt.
    public var base: Duration
    /// The longest wait after any attempt.
    public var cap: Duration

    /// A backoff from its two parts, both positive.
    public init(base: Duration, cap: Duration) {
        self.base = base
        self.cap = cap
    }

    /// The wait after a failed attempt, between zero and the smaller of `cap` and `base · 2^(attempt − 1)`.
    ///
    /// - Parameters:
    ///   - attempt: the number of the attempt that failed, 1, 2, …
    ///   - fraction: a random number from 0 up to but not including 1.
    public func delay(afterAttempt attempt: Int, fraction: Double) -> Duration {
        var limit = min(base, cap)
        var doublings = attempt - 1
        while doublings > 0, limit < cap {
            limit = min(limit * 2, cap)
            doublings -= 1
        }
        return limit * fraction
    }
}
