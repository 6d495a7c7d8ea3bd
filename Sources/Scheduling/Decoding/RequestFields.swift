internal import Bytes

/// The fields of a request in either form, before any rule about their content is applied. Borrowed from the record.
/// All types are trivial, so passing the fields on is a plain copy.
struct RequestFields {
    var action = FieldValue.absent
    var clientID = FieldValue.absent
    var scheduleKey = FieldValue.absent
    /// The alias of `scheduleKey`; always absent in binary form.
    var scheduleID = FieldValue.absent
    var orderingKey = FieldValue.absent
    /// The payload. In binary form it may be any bytes, and a null record value makes it absent.
    var taskData = FieldValue.absent
    var delivery = DeliveryPresence.absent
    var topic = FieldValue.absent
    var url = FieldValue.absent
    /// The bytes of the whole `delivery` object, from which the members of a callback are read; `nil` in binary form
    /// unless a header holds the object.
    var deliveryObject: UnsafeRawBufferPointer?
    /// The schedule time as text.
    var scheduleTime = FieldValue.absent
    /// The first unknown member of `delivery`.
    var unknownDeliveryMember: BorrowedText?
    /// Whether the request has other unknown members, which are ignored.
    var hasUnknownMembers = false
    /// The form, which decides the names of the fields.
    var form = RequestForm.structured
}

/// A field as it was found.
enum FieldValue {
    case absent
    case text(BorrowedText)
    /// The field is present and its form breaks a rule.
    case problem(FieldProblem)

    var isAbsent: Bool {
        if case .absent = self { true } else { false }
    }
}

/// The object that holds the delivery target. In binary form without that object, it counts as present.
enum DeliveryPresence {
    case absent
    case present
    case problem(FieldProblem)
}

/// The ways in which the form of a field can be wrong.
enum FieldProblem {
    case null
    case repeated
    /// The field has two values, and the first was copied from a delivered record.
    case repeatedAfterCopy
    /// The field has two values, and the second was copied from a delivered record.
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

/// The forms of a request, with the names that the fields have in each.
enum RequestForm {
    case structured
    /// All fields are headers, and so is the target.
    case binary
    /// All fields are headers, and one header holds the target as an object.
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
    /// The object that holds the target.
    var deliveryObject: String { isStructured ? "delivery" : "clockwork-delivery" }
    var topic: String { self == .binary ? "clockwork-delivery-topic" : member("topic") }
    var url: String { self == .binary ? "clockwork-delivery-url" : member("url") }

    /// A member of that object.
    func member(_ name: String) -> String { "\(deliveryObject).\(name)" }
}

/// The ordering key of a request that names none.
enum OrderingKeyFallback {
    /// The record's key, if it has one.
    case recordKey(UnsafeRawBufferPointer?)
    /// The schedule key for a create; nothing for a cancel.
    case scheduleKey
}
