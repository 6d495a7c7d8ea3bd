internal import Runtime
internal import Scheduling

/// The topics that deliveries are expected for, so that all is ready when they fall due: the topic is known, and so are
/// its partitions, and their leaders are connected.
///
/// A topic is expected from the moment that a schedule for it is in memory until that is due. So long its leaders are
/// asked something now and then, since an idle connection is closed by brokers, balancers and firewalls. A value: events
/// in, topics out. It is a courtesy: a topic that is not expected is looked up when its first record is sent.
struct ExpectedTopics {
    /// The time between two questions to the leaders of a topic, in milliseconds: less than the 30 s after which the
    /// strictest of firewalls forget a connection, and than the idle limit of the producer.
    static let interval: Int64 = 15_000
    /// The most topics that are expected at one time. Names come from outside.
    static let limit = 1_000

    /// Until when each topic is expected.
    private var ends: [String: Uptime] = [:]
    /// The topic noted last, and its end: one often comes again.
    private var latest: (topic: String, end: Uptime)?
    /// Topics that have come since the last questions.
    private var fresh: Set<String> = []
    private var nextRound: Uptime?

    /// How many topics are expected.
    var count: Int { ends.count }

    /// When `takeDue` has something to do.
    var wakeAt: Uptime? { fresh.isEmpty ? nextRound : .zero }

    /// A delivery to a topic is due at this time.
    ///
    /// - Returns: whether the topic was not expected before.
    mutating func expect(_ topic: String, due: EpochMilliseconds, now: Moment) -> Bool {
        let rest = max(0, due.rawValue - now.wall.rawValue)
        // Rounded up, so that a topic whose schedules are due one after the other is not noted anew for each.
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

    /// A topic that is expected has turned out to exist: its leaders are to be connected now.
    mutating func found(_ topic: String) {
        if ends[topic] != nil { fresh.insert(topic) }
    }

    /// The topics whose leaders are to be asked something now.
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
