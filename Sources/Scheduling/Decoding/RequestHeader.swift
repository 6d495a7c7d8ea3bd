internal import Bytes

/// A header of a record by what it means in a request.
enum RequestHeader: Equatable {
    /// Not Clockwork's: it is carried to the delivered record.
    case carried
    /// A part of a request in binary form.
    case field(Field)
    /// The identity of a delivered record. Says nothing in a request.
    case id
    /// What Clockwork adds to a dead letter. Says nothing in a request, so that one may be sent again as it is, and again.
    case ofDeadLetter
    /// It begins as Clockwork's own do, in whatever letter case, and is none of them: what it was to say would be missed.
    case misspelt

    /// The headers of the binary form.
    enum Field {
        case action, scheduleTime, clientID, scheduleKey, orderingKey, topic, url
        /// The target as the `delivery` object of the structured form, for what topic and URL cannot say.
        case delivery
    }

    /// What Clockwork's own headers start with.
    private static let prefix: StaticString = "clockwork-"

    /// How many of its request headers each delivered record has right behind its `id`.
    static let copiedCount = 3

    /// What says of a dead letter that it is not whole, so that it is no request.
    private static let cut: StaticString = "clockwork-cut"

    /// What is wrong with one that is misspelt, or no header of requests at all.
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

    /// The header by what comes behind the prefix.
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
