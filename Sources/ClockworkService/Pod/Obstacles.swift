public import Runtime

/// Something that keeps a process from doing a part of its work.
public struct Obstacle: Sendable, Equatable {
    /// What is wrong: the label in metrics and alerts, and the name in `/health/ready`.
    public enum Kind: String, CaseIterable, Sendable {
        /// The pod's event loop is blocked.
        case loop
        /// The pod has no place in its consumer group.
        case group
        /// The brokers refuse the pod as a producer.
        case producer
        /// Requests cannot be written to the intake.
        case intake
        /// An assigned partition is not read yet, since its log is not known.
        case log
        /// Dead letters cannot be written; requests behind them are not settled.
        case deadLetters = "dead_letters"
        /// The store does not answer, or refuses.
        case store
        /// Requests have been waiting in the intake for long.
        case behind

        /// Whether a process with this obstacle cannot serve its purpose, and so is not ready. With any other obstacle
        /// it can: schedules in memory are delivered, and requests are taken, whatever the store does.
        public var isInTheWay: Bool {
            switch self {
            case .loop, .group, .producer, .intake: true
            case .log, .deadLetters, .store, .behind: false
            }
        }

        /// How long it must last before it is reported, in milliseconds: a short occurrence is normal.
        var patience: Int64 {
            switch self {
            // `behind` has already lasted a minute: `IntakeLag` measures it for each partition.
            case .loop, .group, .producer, .intake, .deadLetters, .store, .behind: 0
            case .log: 10_000
            }
        }
    }

    /// What is wrong.
    public var kind: Kind
    /// Why, and what to do if that is known: one or more sentences for operators.
    public var reason: String

    /// An obstacle with its reason.
    public init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }
}

/// The current obstacles. Each kind is noted in one place, and its latest reason stands. A value.
public struct Obstacles: Sendable {
    private struct Entry {
        var since: Uptime
        var reason: String
    }

    private var entries: [Obstacle.Kind: Entry] = [:]

    /// No obstacle.
    public init() {}

    /// Notes an obstacle with its reason; `nil` removes it.
    public mutating func note(_ kind: Obstacle.Kind, _ reason: String?, now: Uptime) {
        guard let reason else {
            entries[kind] = nil
            return
        }
        entries[kind] = Entry(since: entries[kind]?.since ?? now, reason: reason)
    }

    /// The obstacles that have lasted long enough to be reported, in the order of their kinds.
    public func told(now: Uptime) -> [Obstacle] {
        Obstacle.Kind.allCases.compactMap { kind in
            guard let entry = entries[kind], entry.since.advanced(byMilliseconds: kind.patience) <= now else {
                return nil
            }
            return Obstacle(kind, entry.reason)
        }
    }
}
