public import CoreMetrics

extension CoreMetrics.Timer {
    /// Records how long something took.
    public func record(duration: Duration) {
        let (seconds, attoseconds) = duration.components
        recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
