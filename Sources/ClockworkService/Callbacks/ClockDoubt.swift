internal import Runtime
internal import Scheduling

/// Whether the wall clock is in doubt: for a while after a step ahead, which may be undone.
///
/// A value; time is an argument. If a pause is stored as a time of day and the clock is then set back, the pause gets
/// longer by that step. So while the clock is in doubt, no such times are stored if that can wait.
struct ClockDoubt {
    /// How long a clock that was set ahead is in doubt, in milliseconds. Then it counts as right.
    static let patience: Int64 = 600_000
    /// A smaller step does not count, in milliseconds: the two clocks are not read at the same instant.
    private static let smallestStep: Int64 = 1_000

    private struct Doubt {
        /// How far the wall clock was ahead of the uptime before it was set.
        var lead: Int64
        var end: Uptime
    }

    private var lastLead: Int64?
    private var doubt: Doubt?

    /// When the doubt ends; `nil` if there is none.
    var end: Uptime? { doubt?.end }

    /// The clocks show `now`. Called for each reading of a pod that is sure of its place.
    mutating func look(_ now: Moment) {
        let lead = now.wall.rawValue - now.uptime.milliseconds
        defer { lastLead = lead }
        if let current = doubt, current.end <= now.uptime || lead - current.lead < Self.smallestStep { doubt = nil }
        guard let lastLead, lead - lastLead >= Self.smallestStep else { return }
        doubt = Doubt(lead: doubt?.lead ?? lastLead, end: now.uptime.advanced(byMilliseconds: Self.patience))
    }

    /// The time that the clock would show had it not been set ahead.
    func time(_ now: Moment) -> EpochMilliseconds {
        guard let doubt else { return now.wall }
        return EpochMilliseconds(rawValue: now.uptime.milliseconds + doubt.lead)
    }
}
