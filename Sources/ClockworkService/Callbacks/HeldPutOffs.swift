internal import Runtime
internal import Scheduling

/// Put-offs that are not told to the scheduler yet, because the wall clock is in doubt: their pauses go by the uptime.
///
/// A value; time is an argument. The schedules count as in hand meanwhile, so that a crash repeats the attempt.
struct HeldPutOffs {
    /// A callback that is to be put off.
    struct Entry {
        var call: CallbackCall
        /// When its pause is over.
        var end: Uptime
        /// Why the attempt failed; `nil` where none was made.
        var failure: String?
        /// Whether the order of the owner's callbacks knows of it.
        var isOrdered: Bool
    }

    /// The most that are held; what comes beyond is put off by the clock as it stands. Fewer than an owner may have in
    /// hand, so that there is room left for what does not fail.
    private static let maximum = 2_000

    private var entries: [Entry] = []
    /// When the first pause is over; `nil` while nothing is held.
    private(set) var firstEnd: Uptime?

    var hasRoom: Bool { entries.count < Self.maximum }

    mutating func add(_ entry: Entry) {
        entries.append(entry)
        firstEnd = min(firstEnd ?? entry.end, entry.end)
    }

    /// Takes out those whose pause is over by `now`, in the order of their ends.
    mutating func takeOver(_ now: Uptime) -> [Entry] {
        guard let firstEnd, firstEnd <= now else { return [] }
        return take { $0.end <= now }
    }

    /// Takes out everything, or what is of one owner, in the order of the ends.
    mutating func take(of owner: UInt32? = nil) -> [Entry] {
        take { owner == nil || $0.call.sender.owner == owner }
    }

    private mutating func take(_ isWanted: (Entry) -> Bool) -> [Entry] {
        let taken = entries.filter(isWanted).sorted { $0.end < $1.end }
        entries.removeAll(where: isWanted)
        firstEnd = entries.map(\.end).min()
        return taken
    }
}
