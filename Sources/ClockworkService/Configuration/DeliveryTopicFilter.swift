/// The topics that `DELIVERY_TOPIC_ALLOW` lets schedules be delivered to.
public struct DeliveryTopicFilter: Equatable, Sendable {
    private let names: Set<String>
    private let prefixes: [String]

    /// Lets every topic through.
    public static let all = DeliveryTopicFilter(names: [], prefixes: [""])

    private init(names: Set<String>, prefixes: [String]) {
        self.names = names
        self.prefixes = prefixes
    }

    /// Reads comma-separated topic names and prefixes (`orders-*`; `*` alone is every topic).
    ///
    /// - Returns: `nil` when an entry is neither, or there is none.
    init?(_ text: String) {
        var names: Set<String> = []
        var prefixes: [String] = []
        for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
            let entry = entry.trimmed()
            if entry.last == "*" {
                let prefix = entry.dropLast()
                guard prefix.utf8.count <= 249, TopicName.hasLegalCharacters(prefix) else { return nil }
                prefixes.append(String(prefix))
            } else {
                guard TopicName.isLegal(entry) else { return nil }
                names.insert(String(entry))
            }
        }
        self.init(names: names, prefixes: prefixes)
    }

    /// Whether schedules may be delivered to `topic`.
    public func allows(_ topic: String) -> Bool {
        names.contains(topic) || prefixes.contains { topic.hasPrefix($0) }
    }
}
