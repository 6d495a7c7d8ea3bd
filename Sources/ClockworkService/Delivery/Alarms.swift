internal import Runtime

/// Things to be done at their times.
///
/// For few pending ones with long pauses: asking for the next is O(1), and all are gone through when some are due.
struct Alarms<Subject> {
    private var pending: [(time: Uptime, subject: Subject)] = []
    /// The earliest time; `nil` when nothing is pending.
    private(set) var next: Uptime?

    /// Adds one.
    mutating func set(_ subject: Subject, at time: Uptime) {
        pending.append((time, subject))
        next = min(time, next ?? time)
    }

    /// Takes what is due, in the order in which it was added.
    mutating func takeDue(now: Uptime) -> [Subject] {
        guard let next, next <= now else { return [] }
        let due = pending.filter { $0.time <= now }
        pending.removeAll { $0.time <= now }
        self.next = pending.lazy.map(\.time).min()
        return due.map(\.subject)
    }
}
