internal import Kafka

/// Names of topics.
public enum TopicName {
    /// Whether Kafka allows a topic of this name.
    public static func isLegal(_ name: some StringProtocol) -> Bool {
        KafkaTopic.isLegal(String(name))
    }

    /// Whether `name` has nothing but `a-z`, `A-Z`, `0-9`, `.`, `_` and `-`.
    static func hasLegalCharacters(_ name: some StringProtocol) -> Bool {
        name.utf8.allSatisfy { byte in
            switch Unicode.Scalar(byte) {
            case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-": true
            default: false
            }
        }
    }
}
