import TestSupport

/// What comes to a world from outside, and when. Each event has numbers of its own to draw from, so that the others
/// stay as they are when some are left out.
struct WorldPlan {
    enum Kind {
        /// A request; `due` where it is one of a burst, in milliseconds from the start.
        case request(due: Int64?)
        /// The process ends between two events, or in the midst of what one asks for.
        case crash
        case loss
        case freeze
        case drain
        case outage
        case clockStep
        case newTopic
    }

    struct Event {
        /// In milliseconds from the start.
        var time: Int64
        var kind: Kind
        var random: SeededRandom
    }

    private(set) var events: [Event] = []

    init(_ faults: SimulatedFaults, _ random: inout SeededRandom) {
        let counts: [(Kind, Int)] = [
            (.request(due: nil), faults.requests), (.crash, faults.crashes), (.loss, faults.losses),
            (.freeze, faults.freezes), (.drain, faults.drains), (.outage, faults.outages),
            (.clockStep, faults.clockSteps), (.newTopic, faults.hasNewTopic ? 1 : 0),
        ]
        for (kind, count) in counts {
            for _ in 0..<count { add(.random(in: 0...faults.span, using: &random), kind, &random) }
        }
        for _ in 0..<faults.bursts {
            let time = Int64.random(in: 0...faults.span, using: &random)
            let due = time + .random(in: -100...15_000, using: &random)
            for _ in 0..<Int.random(in: 30...200, using: &random) { add(time, .request(due: due), &random) }
        }
    }

    private mutating func add(_ time: Int64, _ kind: Kind, _ random: inout SeededRandom) {
        events.append(Event(time: time, kind: kind, random: SeededRandom(seed: random.next())))
    }
}
