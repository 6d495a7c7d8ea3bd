internal import Runtime

/// Subjects with the times at which they need attention.
///
/// For few pending alarms with long pauses. Asking for the next one is O(1); when some are due, all are scanned.
struct Alarms<Subject> {
    private var pending: [(time: Uptime, subject: Subject)] = []
    /// The earliest time; `nil` when nothing is pending.
    private(set) var next: Uptime?

    /// Adds one.
    mutating func set(_ subject: Subject, at time: Uptime) {
        pending.append((time, subject))
        next = min(time, next ?? time)
    }

    /// Removes the due ones, in the order in which they were added.
    mutating func takeDue(now: Uptime) -> [Subject] {
        guard let next, next <= now else { return [] }
        let due = pending.filter { $0.time <= now }
        pending.removeAll { $0.time <= now }
        self.next = pending.lazy.map(\.time).min()
        return due.map(\.subject)
    }
}
