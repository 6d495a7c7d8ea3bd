/// The topics that deliveries may go into.
public struct TopicPolicy: Sendable, Equatable {
    private let intakeTopic: String
    private let deadLetterTopic: String
    private let names: Set<String>
    private let prefixes: [String]

    /// A policy that keeps deliveries out of Clockwork's own two topics and out of Kafka's internal ones (`__…`).
    ///
    /// - Parameters:
    ///   - intakeTopic: the topic that requests are read from.
    ///   - deadLetterTopic: the topic for requests and deliveries that can never succeed.
    ///   - allow: names, or prefixes that end in `*`; if not empty, nothing else is allowed.
    public init(intakeTopic: String, deadLetterTopic: String, allow: [String] = []) {
        self.intakeTopic = intakeTopic
        self.deadLetterTopic = deadLetterTopic
        names = Set(allow.filter { $0.utf8.last != UInt8(ascii: "*") })
        prefixes = allow.filter { $0.utf8.last == UInt8(ascii: "*") }.map { String($0.dropLast()) }
    }

    /// Whether deliveries may go into `topic`, a legal topic name.
    public func allows(_ topic: String) -> Bool {
        if topic == intakeTopic || topic == deadLetterTopic || topic.utf8.starts(with: "__".utf8) { return false }
        if names.isEmpty && prefixes.isEmpty { return true }
        return names.contains(topic) || prefixes.contains { topic.utf8.starts(with: $0.utf8) }
    }
}
