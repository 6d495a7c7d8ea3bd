internal import Runtime

/// How long the brokers have been saying that a topic does not exist, or takes nothing.
///
/// One such answer proves little: metadata lags behind, a topic is recreated, a right is granted late. It is final when
/// it has been repeated for a while without a longer silence in between.
struct TopicDoubt: Equatable {
    /// After a silence longer than this, the next answer counts as a first one again, in milliseconds.
    static let silence: Int64 = 10_000
    /// How long a topic that has existed before is held in doubt, in milliseconds.
    static let patience: Int64 = 60_000
    /// How long a topic that no look has found yet is held in doubt, in milliseconds.
    static let patienceWithNewTopics: Int64 = 4_000

    private var since: Uptime
    private var latest: Uptime

    /// The first such answer.
    init(now: Uptime) {
        since = now
        latest = now
    }

    /// How long it has lasted, in milliseconds.
    var age: Int64 { latest.milliseconds - since.milliseconds }

    /// The brokers have answered the same once more.
    mutating func `repeat`(now: Uptime) {
        if latest.advanced(byMilliseconds: Self.silence) < now { since = now }
        latest = now
    }
}
