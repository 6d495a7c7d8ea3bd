internal import DequeModule

/// Limits how long the client waits for the rest of an answer whose body is dropped. The status is already known. The
/// rest is useful only because the connection can be used again after it.
///
/// Used by the client's thread alone.
final class BodyPatience {
    /// How long the client waits after the end of the head.
    static let allowance: Duration = .seconds(1)

    /// In the order of their ends, because the allowance is the same for all.
    private var waiting: Deque<(id: UInt64, end: ContinuousClock.Instant)> = []

    /// The head of the answer to this request is complete.
    func begin(_ id: UInt64) {
        waiting.append((id, .now.advanced(by: Self.allowance)))
    }

    /// Removes and returns a request that has waited long enough.
    ///
    /// - Parameter isActive: whether a request has not ended yet. Requests that have ended are forgotten.
    func takeOver(isActive: (UInt64) -> Bool) -> UInt64? {
        while let first = waiting.first {
            let isWanted = isActive(first.id)
            if isWanted, first.end > .now { return nil }
            waiting.removeFirst()
            if isWanted { return first.id }
        }
        return nil
    }

    /// The time until the next request has waited long enough, in milliseconds, rounded up; `nil` if none waits.
    var milliseconds: Int32? {
        waiting.first.map {
            Int32(clamping: max(Duration.zero, ContinuousClock.now.duration(to: $0.end)).curlMilliseconds)
        }
    }
}
