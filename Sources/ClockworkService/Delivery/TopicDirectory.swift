/// Which delivery topics exist, as far as has been asked. A value; asking is its user's.
///
/// A topic is looked for before anything is produced to it, since producing may create it. One that is not found is
/// looked for once more after `confirmation` before it is given up as unknown, for a topic made a moment ago may not
/// have reached every broker.
struct TopicDirectory {
    /// What is known of a topic.
    enum Standing: Equatable {
        /// It exists.
        case known
        /// It is being looked for; `isSecondLook` when it was not found the first time.
        case lookedFor(isSecondLook: Bool)
        /// It did not exist the last time; taken as true until then.
        case missing(until: Uptime)
    }

    /// What to do after a look.
    enum Next: Equatable {
        /// Deliver.
        case deliver
        /// Look again after this many milliseconds.
        case lookAgain(afterMilliseconds: Int64)
        /// Give up what waits for it.
        case giveUp
    }

    /// How long after the first look the second follows, in milliseconds.
    static let confirmation: Int64 = 2_000
    /// How long an unknown topic is not looked for again, in milliseconds.
    static let missingFor: Int64 = 5_000
    /// The pause after a look that got no answer, in milliseconds.
    static let pauseAfterFailure: Int64 = 1_000

    /// How many standings are kept before unknown topics whose time is over are forgotten: their names come from
    /// outside, and there is no end to them.
    static let sweepAt = 1_000

    private var standings: [String: Standing] = [:]
    private var nextSweep = Self.sweepAt

    /// How many topics something is kept about.
    var count: Int { standings.count }

    /// The standing of `topic`; `nil` when it is to be looked for.
    mutating func standing(of topic: String, now: Uptime) -> Standing? {
        guard let standing = standings[topic] else { return nil }
        if case .missing(let until) = standing, until <= now {
            standings[topic] = nil
            return nil
        }
        return standing
    }

    /// The look for `topic` has begun.
    mutating func begin(_ topic: String, now: Uptime) {
        sweep(now)
        standings[topic] = .lookedFor(isSecondLook: false)
    }

    /// The look for `topic` has ended: it exists, or not, or there was no answer (`nil`).
    mutating func found(_ topic: String, exists: Bool?, now: Uptime) -> Next {
        switch (exists, standings[topic]) {
        case (nil, _):
            return .lookAgain(afterMilliseconds: Self.pauseAfterFailure)
        case (true?, _):
            standings[topic] = .known
            return .deliver
        case (false?, .lookedFor(isSecondLook: true)):
            standings[topic] = .missing(until: now.advanced(byMilliseconds: Self.missingFor))
            return .giveUp
        case (false?, _):
            standings[topic] = .lookedFor(isSecondLook: true)
            return .lookAgain(afterMilliseconds: Self.confirmation)
        }
    }

    /// A broker says that the topic does not exist (any more).
    mutating func forget(_ topic: String) {
        standings[topic] = nil
    }

    /// Twice as many as were left the time before: each costs what it took to come here.
    private mutating func sweep(_ now: Uptime) {
        guard standings.count >= nextSweep else { return }
        standings = standings.filter { _, standing in
            if case .missing(let until) = standing { until > now } else { true }
        }
        nextSweep = max(Self.sweepAt, 2 * standings.count)
    }
}
