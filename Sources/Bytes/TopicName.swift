/// Names of Kafka topics.
package enum TopicName {
    /// Whether Kafka takes `name` as a topic: 1 to 249 of `a-z A-Z 0-9 . _ -`, and neither `.` nor `..`.
    package static func isLegal(_ name: some StringProtocol) -> Bool {
        1...249 ~= name.utf8.count && name != "." && name != ".." && hasLegalCharacters(name)
    }

    /// Whether `name` has nothing but `a-z`, `A-Z`, `0-9`, `.`, `_` and `-`.
    package static func hasLegalCharacters(_ name: some StringProtocol) -> Bool {
        name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default:
                false
            }
        }
    }
}
