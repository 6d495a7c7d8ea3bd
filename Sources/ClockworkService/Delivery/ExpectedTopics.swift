internal import Runtime
internal import Scheduling

/// The topics of coming deliveries, prepared in time: the topic and its partitions are known, and their leaders are
/// connected.
///
/// A topic is expected from the moment a schedule for it is in memory until that schedule is due. During that time its
/// leaders are asked something now and then, since brokers, balancers and firewalls close idle connections. A value:
/// events in, topics out. It is optional: a topic that is not expected is looked up when its first record is sent.
struct ExpectedTopics {
    /// The time between two questions to the leaders of a topic, in milliseconds. It is less than the 30 s after which
    /// the strictest firewalls forget a connection, and less than the idle limit of the producer.
    static let interval: Int64 = 15_000
    /// The most topics expected at one time. Clients choose the names, so their number is unbounded.
    static let limit = 1_000

    /// The time until which each topic is expected.
    private var ends: [String: Uptime] = [:]
    /// The topic noted last, and its end: one often comes again.
    private var latest: (topic: String, end: Uptime)?
    /// Topics that were added since the last questions.
    private var fresh: Set<String> = []
    private var nextRound: Uptime?

    /// The number of expected topics.
    var count: Int { ends.count }

    /// When `takeDue` has something to do.
    var wakeAt: Uptime? { fresh.isEmpty ? nextRound : .zero }

    /// A delivery to a topic is due at this time.
    ///
    /// - Returns: whether the topic was not expected before.
    mutating func expect(_ topic: String, due: EpochMilliseconds, now: Moment) -> Bool {
        let rest = max(0, due.rawValue - now.wall.rawValue)
        // Rounded up, so that a topic with one schedule after another is not noted again for each.
        let end = Uptime(milliseconds: ((now.uptime.milliseconds + rest) / Self.interval + 1) * Self.interval)
        if let latest, latest.topic == topic, end <= latest.end { return false }
        let known = ends[topic]
        guard known != nil || ends.count < Self.limit else { return false }
        let later = max(end, known ?? end)
        ends[topic] = later
        latest = (topic, later)
        guard known == nil else { return false }
        fresh.insert(topic)
        if nextRound == nil { nextRound = now.uptime.advanced(byMilliseconds: Self.interval) }
        return true
    }

    /// An expected topic exists: its leaders are to be connected now.
    mutating func found(_ topic: String) {
        if ends[topic] != nil { fresh.insert(topic) }
    }

    /// The topics whose leaders are to be asked now.
    mutating func takeDue(now: Uptime) -> [String] {
        var due = fresh
        fresh = []
        if let round = nextRound, round <= now {
            ends = ends.filter { $0.value >= now }
            latest = nil
            due = Set(ends.keys)
            nextRound = ends.isEmpty ? nil : now.advanced(byMilliseconds: Self.interval)
        }
        return due.sorted()
    }
}
