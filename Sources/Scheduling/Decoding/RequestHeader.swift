internal import Bytes

/// The meaning of a record's header for a request.
enum RequestHeader: Equatable {
    /// The header is not Clockwork's and is carried to the delivered record.
    case carried
    /// A field of a request in binary form.
    case field(Field)
    /// The identity of a delivered record. It has no meaning in a request.
    case id
    /// A header that Clockwork adds to a dead letter. It has no meaning in a request, so a dead letter can be sent
    /// again unchanged, even repeatedly.
    case ofDeadLetter
    /// The name begins with Clockwork's prefix, in any letter case, but is not a known one. To ignore it would be to
    /// miss what the client meant.
    case misspelt

    /// The headers of the binary form.
    enum Field {
        case action, scheduleTime, clientID, scheduleKey, orderingKey, topic, url
        /// The target as the `delivery` object of the structured form, for targets that need more than a topic or a
        /// URL.
        case delivery
    }

    /// The prefix of Clockwork's own headers.
    private static let prefix: StaticString = "clockwork-"

    /// The number of request headers that follow the `id` in each delivered record.
    static let copiedCount = 3

    /// Marks a dead letter that is not whole. Such a dead letter is not a valid request.
    private static let cut: StaticString = "clockwork-cut"

    /// The message for a misspelt header, or for the one that marks a cut dead letter.
    static func misspeltMessage(_ name: UnsafeRawBufferPointer) -> String {
        name.isEqual(to: cut)
            ? "says that this dead letter was cut: put back what it names, and drop this header"
            : "is not a header of requests; their names are in lower case"
    }

    /// The header with this name.
    init(_ name: UnsafeRawBufferPointer) {
        let length = Self.prefix.utf8CodeUnitCount
        guard name.count >= length, name[0] | 0x20 == UInt8(ascii: "c") else {
            self = .carried
            return
        }
        guard name.starts(with: Self.prefix) else {
            self = Self.isPrefixInOtherCase(name) ? .misspelt : .carried
            return
        }
        self = Self.own(UnsafeRawBufferPointer(rebasing: name[length...]))
    }

    /// The header whose name has this text after the prefix.
    private static func own(_ rest: UnsafeRawBufferPointer) -> RequestHeader {
        switch rest.count {
        case 2 where rest.isEqual(to: "id"): .id
        case 5 where rest.isEqual(to: "error"): .ofDeadLetter
        case 6 where rest.isEqual(to: "action"): .field(.action)
        case 6 where rest.isEqual(to: "source"): .ofDeadLetter
        case 8 where rest.isEqual(to: "delivery"): .field(.delivery)
        case 9 where rest.isEqual(to: "client-id"): .field(.clientID)
        case 12 where rest.isEqual(to: "schedule-key"): .field(.scheduleKey)
        case 12 where rest.isEqual(to: "ordering-key"): .field(.orderingKey)
        case 12 where rest.isEqual(to: "delivery-url"): .field(.url)
        case 12 where rest.isEqual(to: "error-detail"): .ofDeadLetter
        case 13 where rest.isEqual(to: "schedule-time"): .field(.scheduleTime)
        case 14 where rest.isEqual(to: "delivery-topic"): .field(.topic)
        default: .misspelt
        }
    }

    private static func isPrefixInOtherCase(_ name: UnsafeRawBufferPointer) -> Bool {
        zip(name, prefix.bytes).allSatisfy { byte, expected in
            byte == expected || byte | 0x20 == expected && byte >= UInt8(ascii: "A")
        }
    }
}
