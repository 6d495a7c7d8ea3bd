import Foundation
import TestSupport

/// Something that goes wrong in a world for a while: a row of one of the tables `ofPods`, `ofBrokers`, `ofConnections`,
/// `ofAnswers`, `ofStore`, `ofCallbacks` and `ofHost`.
struct Fault: Sendable {
    /// What may be delivered twice. Only what is in flight when the fault strikes, or at any time in it and a little after:
    /// where memberships are lost, and where connections break, since the local brokers do not tell a repeated write.
    enum Repeats {
        case none
        case atTheStart
        case throughout
    }

    /// One time that it happens.
    struct Strike {
        let world: World
        /// About how long it is to last.
        let length: Duration
        /// When that is over.
        let end: ContinuousClock.Instant
        var random: SeededRandom
        /// What is worth telling of it.
        var note = ""

        /// Lets the time pass for which it is to last.
        func elapse() async throws {
            try await Task.sleep(until: end)
        }
    }

    let name: String
    let repeats: Repeats
    /// Whether pods may read nothing as long as it lasts.
    let holdsUpReading: Bool
    /// How long it lasts, in milliseconds: in a test the shortest of these, in a soak any.
    let lengths: Range<Int>
    private let happen: @Sendable (inout Strike) async throws -> Void

    /// - Parameter happen: lets it happen, and waits until the world is as before.
    init(
        _ name: String,
        repeats: Repeats = .none,
        holdsUpReading: Bool = false,
        lengths: Range<Int> = 2_000..<7_000,
        _ happen: @escaping @Sendable (inout Strike) async throws -> Void
    ) {
        self.name = name
        self.repeats = repeats
        self.holdsUpReading = holdsUpReading
        self.lengths = lengths
        self.happen = happen
    }

    /// How long after a fault the group may still be on its way back to rest, milliseconds.
    private static let recoveryTime: Int64 = 15_000
    /// How much later than the fault a pod may have been hit, milliseconds.
    private static let aim: Int64 = 200

    /// Lets it happen for about so long, and waits until the world is as before.
    func strike(_ world: World, for length: Duration, _ random: inout SeededRandom) async throws -> Incident {
        var incident = Incident(name: name, begin: nowMilliseconds(), end: 0, holdsUpReading: holdsUpReading)
        var strike = Strike(world: world, length: length, end: .now + length, random: random)
        try await happen(&strike)
        random = strike.random
        incident.note = strike.note
        incident.end = nowMilliseconds()
        switch repeats {
        case .none: break
        case .atTheStart: incident.mayRepeatUntil = incident.begin + Self.aim
        case .throughout: incident.mayRepeatUntil = incident.end + Self.recoveryTime
        }
        world.noteMemory()
        return incident
    }
}
