/// Kafka's rules for the name of a topic.
public enum TopicName {
    /// Whether `name` is 1 to 249 of `a-z`, `A-Z`, `0-9`, `.`, `_` and `-`, and neither `.` nor `..`.
    public static func isLegal(_ name: some StringProtocol) -> Bool {
        (1...249).contains(name.utf8.count) && name != "." && name != ".." && hasLegalCharacters(name)
    }

    /// Whether `name` has nothing but characters a topic's name may have.
    static func hasLegalCharacters(_ name: some StringProtocol) -> Bool {
        name.utf8.allSatisfy { byte in
            switch Unicode.Scalar(byte) {
            case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-": true
            default: false
            }
        }
    }
}
