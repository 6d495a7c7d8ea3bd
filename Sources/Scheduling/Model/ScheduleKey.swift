/// The identity of a schedule: a client's own key, unique for that client.
///
/// Keys are equal when their bytes are equal. `String` alone treats two spellings of one letter as the same, which the
/// stores do not.
public struct ScheduleKey: Hashable, Sendable {
    /// The client the key belongs to, 1 to 128 bytes of UTF-8.
    public var clientID: String
    /// The client's key, 1 to 512 bytes of UTF-8.
    public var scheduleKey: String

    /// A key from its two parts; lengths are checked where requests are decoded.
    public init(clientID: String, scheduleKey: String) {
        self.clientID = clientID
        self.scheduleKey = scheduleKey
    }

    /// Compares the bytes of both parts.
    public static func == (left: Self, right: Self) -> Bool {
        haveSameBytes(left.scheduleKey, right.scheduleKey) && haveSameBytes(left.clientID, right.clientID)
    }

    private static func haveSameBytes(_ left: String, _ right: String) -> Bool {
        // All strings but bridged ones lend their bytes, and comparing bytes at once is far faster.
        let isSame = left.utf8.withContiguousStorageIfAvailable { left in
            right.utf8.withContiguousStorageIfAvailable { right in
                left.count == right.count && left.elementsEqual(right)
            }
        }
        return (isSame ?? nil) ?? left.utf8.elementsEqual(right.utf8)
    }

    /// Hashes the bytes of both parts.
    public func hash(into hasher: inout Hasher) {
        Self.hash(scheduleKey, into: &hasher)
        Self.hash(clientID, into: &hasher)
    }

    private static func hash(_ text: String, into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { bytes in
            hasher.combine(bytes.count)
            hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
        }
    }
}
