internal import Runtime
internal import Scheduling

/// Put-offs that are not yet reported to the scheduler, because the wall clock is in doubt: uptime measures their
/// pauses.
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
        /// Whether the order of the owner's callbacks knows it.
        var isOrdered: Bool
    }

    /// The most that are held; further calls are put off by the present clock. Fewer than an owner may have in hand, so
    /// that calls that do not fail still find room.
    private static let maximum = 2_000

    private var entries: [Entry] = []
    /// When the first pause is over; `nil` while nothing is held.
    private(set) var firstEnd: Uptime?

    var hasRoom: Bool { entries.count < Self.maximum }

    mutating func add(_ entry: Entry) {
        entries.append(entry)
        firstEnd = min(firstEnd ?? entry.end, entry.end)
    }

    /// Removes those whose pause is over by `now`, in the order of their ends.
    mutating func takeOver(_ now: Uptime) -> [Entry] {
        guard let firstEnd, firstEnd <= now else { return [] }
        return take { $0.end <= now }
    }

    /// Removes all, or those of one owner, in the order of their ends.
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
