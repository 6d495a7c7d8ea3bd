internal import DequeModule

/// Until when the client waits for the rest of each answer whose body is dropped: the status is known, so the rest has
/// no worth but that its connection can be used again.
///
/// Used by the client's thread alone.
final class BodyPatience {
    /// How long the client waits from the end of the head on.
    static let allowance: Duration = .seconds(1)

    /// In the order of their ends, since each has the same time.
    private var waiting: Deque<(id: UInt64, end: ContinuousClock.Instant)> = []

    /// The head of the answer to this request is complete.
    func begin(_ id: UInt64) {
        waiting.append((id, .now.advanced(by: Self.allowance)))
    }

    /// Takes out a request that has waited long enough.
    ///
    /// - Parameter isActive: whether a request has not ended yet; those that have are forgotten.
    func takeOver(isActive: (UInt64) -> Bool) -> UInt64? {
        while let first = waiting.first {
            let isWanted = isActive(first.id)
            if isWanted, first.end > .now { return nil }
            waiting.removeFirst()
            if isWanted { return first.id }
        }
        return nil
    }

    /// How long it is until the next one has waited long enough, in milliseconds, rounded up; `nil` when none waits.
    var milliseconds: Int32? {
        waiting.first.map {
            Int32(clamping: max(Duration.zero, ContinuousClock.now.duration(to: $0.end)).curlMilliseconds)
        }
    }
}
