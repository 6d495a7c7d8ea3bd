/// Something that keeps a process from doing a part of its work.
public struct Obstacle: Sendable, Equatable {
    /// What is wrong: the label in metrics and alerts, and the name in `/health/ready`.
    public enum Kind: String, CaseIterable, Sendable {
        /// The pod's event loop does not come round.
        case loop
        /// The pod has no place in its consumer group.
        case group
        /// The brokers let it produce nothing.
        case producer
        /// Requests cannot be written to the intake.
        case intake
        /// An assigned partition is not read yet, since its log is not known.
        case log
        /// Dead letters cannot be written; what is behind them is not settled.
        case deadLetters = "dead_letters"
        /// The store does not answer, or refuses.
        case store
        /// Requests have been waiting in the intake for long.
        case behind

        /// Whether an address with this cannot do what it is asked for, so that it is not ready. With all else it can: what
        /// is in memory is delivered, and requests are taken, whatever the store does.
        public var isInTheWay: Bool {
            switch self {
            case .loop, .group, .producer, .intake: true
            case .log, .deadLetters, .store, .behind: false
            }
        }

        /// How long it has to last before it is told, in milliseconds: what is ordinary for a moment is no obstacle.
        var patience: Int64 {
            switch self {
            // What is behind has been for a minute: `IntakeLag` knows of each partition.
            case .loop, .group, .producer, .intake, .deadLetters, .store, .behind: 0
            case .log: 10_000
            }
        }
    }

    /// What is wrong.
    public var kind: Kind
    /// Why, and what to do where that is known: one or more sentences for operators.
    public var reason: String

    /// An obstacle with its reason.
    public init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }
}

/// The obstacles that there are: each kind has one place to note it, and the reason that was noted last stands. A value.
public struct Obstacles: Sendable {
    private struct Entry {
        var since: Uptime
        var reason: String
    }

    private var entries: [Obstacle.Kind: Entry] = [:]

    /// No obstacle.
    public init() {}

    /// Notes why something is in the way, or, with `nil`, that it no longer is.
    public mutating func note(_ kind: Obstacle.Kind, _ reason: String?, now: Uptime) {
        guard let reason else {
            entries[kind] = nil
            return
        }
        entries[kind] = Entry(since: entries[kind]?.since ?? now, reason: reason)
    }

    /// Those that have lasted long enough to be told, in the order of their kinds.
    public func told(now: Uptime) -> [Obstacle] {
        Obstacle.Kind.allCases.compactMap { kind in
            guard let entry = entries[kind], entry.since.advanced(byMilliseconds: kind.patience) <= now else {
                return nil
            }
            return Obstacle(kind, entry.reason)
        }
    }
}
