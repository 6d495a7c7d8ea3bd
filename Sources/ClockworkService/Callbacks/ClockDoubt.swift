internal import Runtime
internal import Scheduling

/// Whether the wall clock is in doubt: for a while after a step ahead, which may be taken back.
///
/// A value; time is an argument. A pause that is written down as a time of a clock which is then set back lasts as much
/// longer. So while the clock is in doubt no times are made of it where that can wait.
struct ClockDoubt {
    /// How long a clock that was set ahead is in doubt, in milliseconds. After that it is taken to be right.
    static let patience: Int64 = 600_000
    /// A smaller step is none, in milliseconds: the two clocks are not read at one instant.
    private static let smallestStep: Int64 = 1_000

    private struct Doubt {
        /// By how much the wall clock was ahead of the uptime before it was set.
        var lead: Int64
        var end: Uptime
    }

    private var lastLead: Int64?
    private var doubt: Doubt?

    /// Until when the clock is in doubt; `nil` where it is not.
    var end: Uptime? { doubt?.end }

    /// The clocks show `now`. To be told of each reading of a pod that is sure of its place.
    mutating func look(_ now: Moment) {
        let lead = now.wall.rawValue - now.uptime.milliseconds
        defer { lastLead = lead }
        if let current = doubt, current.end <= now.uptime || lead - current.lead < Self.smallestStep { doubt = nil }
        guard let lastLead, lead - lastLead >= Self.smallestStep else { return }
        doubt = Doubt(lead: doubt?.lead ?? lastLead, end: now.uptime.advanced(byMilliseconds: Self.patience))
    }

    /// The time as the clock would tell it had it not been set ahead.
    func time(_ now: Moment) -> EpochMilliseconds {
        guard let doubt else { return now.wall }
        return EpochMilliseconds(rawValue: now.uptime.milliseconds + doubt.lead)
    }
}
