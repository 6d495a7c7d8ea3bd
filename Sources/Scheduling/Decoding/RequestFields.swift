internal import Bytes

/// The fields of a request as they were found, in either form, before any rule about their content is applied.
/// Borrowed from the record; of trivial types only, so that passing it on is a plain copy.
struct RequestFields {
    var action = FieldValue.absent
    var clientID = FieldValue.absent
    var scheduleKey = FieldValue.absent
    /// The alias of `scheduleKey`; never there in binary form.
    var scheduleID = FieldValue.absent
    var orderingKey = FieldValue.absent
    /// The payload; in binary form any bytes, absent for a null record value.
    var taskData = FieldValue.absent
    var delivery = DeliveryPresence.absent
    var topic = FieldValue.absent
    var url = FieldValue.absent
    /// The whole `delivery` object as it stands, for what belongs to a `url`; in binary form mostly `nil`.
    var deliveryObject: UnsafeRawBufferPointer?
    /// The schedule time as it is written.
    var scheduleTime = FieldValue.absent
    /// The first member of `delivery` that has no meaning.
    var unknownDeliveryMember: BorrowedText?
    /// Whether the request has members without a meaning besides, which are ignored.
    var hasUnknownMembers = false
    /// What the fields are called where they were found.
    var form = RequestForm.structured
}

/// A field as it was found.
enum FieldValue {
    case absent
    case text(BorrowedText)
    /// It is there and breaks a rule about its form.
    case problem(FieldProblem)

    var isAbsent: Bool {
        if case .absent = self { true } else { false }
    }
}

/// The object around the delivery target, as it was found; in binary form it is always there.
enum DeliveryPresence {
    case absent
    case present
    case problem(FieldProblem)
}

/// What can be wrong with the form of a field.
enum FieldProblem {
    case null
    case repeated
    /// The first of two values came with the headers of a delivered record.
    case repeatedAfterCopy
    /// The second of two values did.
    case repeatedByCopy
    case notString
    case notInteger
    case notObject
    case notBoolean
    case notUTF8

    var message: String {
        switch self {
        case .null: "must not be null"
        case .repeated: "is given more than once"
        case .repeatedAfterCopy:
            "is given more than once: drop the first value, which was copied from a delivered record"
        case .repeatedByCopy:
            "is given more than once: drop the second value, which was copied from a delivered record"
        case .notString: "must be a string"
        case .notInteger: "must be an integer"
        case .notObject: "must be an object"
        case .notBoolean: "must be true or false"
        case .notUTF8: "is not valid UTF-8"
        }
    }
}

/// The forms of a request, and what its fields are called there: by what the client wrote.
enum RequestForm {
    case structured
    /// Fields are headers, the target's too.
    case binary
    /// Fields are headers, and the target is the object in one of them.
    case binaryWithDelivery

    private var isStructured: Bool { self == .structured }

    var action: String { isStructured ? "action" : "clockwork-action" }
    var clientID: String { isStructured ? "clientId" : "clockwork-client-id" }
    var scheduleKey: String { isStructured ? "scheduleKey" : "clockwork-schedule-key" }
    var scheduleID: String { "scheduleId" }
    var orderingKey: String { isStructured ? "orderingKey" : "clockwork-ordering-key" }
    var taskData: String { isStructured ? "taskData" : "value" }
    var scheduleTime: String { isStructured ? "scheduleTime" : "clockwork-schedule-time" }
    /// The target as a whole.
    var delivery: String { self == .binary ? "clockwork-delivery-topic" : deliveryObject }
    /// The object with the target.
    var deliveryObject: String { isStructured ? "delivery" : "clockwork-delivery" }
    var topic: String { self == .binary ? "clockwork-delivery-topic" : member("topic") }
    var url: String { self == .binary ? "clockwork-delivery-url" : member("url") }

    /// A member of the object with the target.
    func member(_ name: String) -> String { "\(deliveryObject).\(name)" }
}

/// What stands in for an absent ordering key.
enum OrderingKeyFallback {
    /// The record's key, if it has one.
    case recordKey(UnsafeRawBufferPointer?)
    /// The schedule key for a create; nothing for a cancel.
    case scheduleKey
}
