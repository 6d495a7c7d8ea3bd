/// librdkafka properties by name, in the order they were first set.
///
/// Names and values are librdkafka's own; creating a consumer, producer or reader checks them.
public struct KafkaProperties: Sendable, Equatable {
    private struct Entry: Sendable, Equatable {
        var name: String
        var value: String
    }

    private var entries: [Entry] = []

    /// The source of clients' tokens for SASL OAUTHBEARER.
    public var tokenSource: KafkaTokenSource?

    /// No property.
    public init() {}

    /// Sets a property, or replaces its value.
    public mutating func set(_ name: String, to value: String) {
        if let index = entries.firstIndex(where: { $0.name == name }) {
            entries[index].value = value
        } else {
            entries.append(Entry(name: name, value: value))
        }
    }

    /// Removes a property and returns its value.
    public mutating func remove(_ name: String) -> String? {
        entries.firstIndex { $0.name == name }.map { entries.remove(at: $0).value }
    }

    /// The value of a property, `nil` when it has not been set.
    public func get(_ name: String) -> String? {
        entries.first { $0.name == name }?.value
    }

    /// Calls `body` for each property in order.
    public func forEach<Failure: Error>(
        _ body: (_ name: String, _ value: String) throws(Failure) -> Void
    ) throws(Failure) {
        for entry in entries {
            try body(entry.name, entry.value)
        }
    }

    /// Whether the value of a property of this name must not be shown to anyone.
    public static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        return ["password", "secret", "key", "token", "jaas", "pem", "credential", "oauthbearer.config"]
            .contains { name.contains($0) }
    }
}

extension KafkaProperties: ExpressibleByDictionaryLiteral {
    /// Properties from pairs; the later value of a repeated name counts.
    public init(dictionaryLiteral pairs: (String, String)...) {
        for (name, value) in pairs {
            set(name, to: value)
        }
    }
}

extension KafkaProperties: CustomStringConvertible, CustomReflectable {
    /// The properties without secret values; safe to log.
    public var description: String {
        entries.map { "\($0.name)=\(Self.isSecret($0.name) ? "***" : $0.value)" }.joined(separator: " ")
    }

    /// Shows no more than `description`.
    public var customMirror: Mirror {
        Mirror(self, children: ["properties": description])
    }
}
