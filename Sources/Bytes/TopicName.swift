/// Names of Kafka topics.
package enum TopicName {
    /// Whether Kafka takes `name` as a topic: 1 to 249 of `a-z A-Z 0-9 . _ -`, and neither `.` nor `..`.
    package static func isLegal(_ name: String) -> Bool {
        guard 1...249 ~= name.utf8.count, name != ".", name != ".." else { return false }
        // Every request has its topic checked, so not byte by byte through a collection.
        var name = name
        return name.withUTF8 { bytes in
            for byte in bytes where !isLegal(byte) { return false }
            return true
        }
    }

    /// Whether the byte is one of `a-z`, `A-Z`, `0-9`, `.`, `_` and `-`.
    package static func isLegal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default:
            false
        }
    }
}
