internal import Bytes

/// Collects the errors of a request, in the order of the checks. Allocates nothing if there are none.
struct FieldErrors {
    /// The code of the first error.
    private(set) var code: DeadLetterCode?
    private var errors: [Rejection.FieldError] = []

    var isEmpty: Bool { code == nil }

    mutating func add(_ code: DeadLetterCode, _ field: String, _ message: String) {
        if self.code == nil { self.code = code }
        errors.append(Rejection.FieldError(field: field, message: message))
    }

    mutating func missing(_ field: String) {
        add(.missingField, field, "is missing")
    }

    mutating func invalid(_ field: String, _ message: String) {
        add(.invalidField, field, message)
    }

    /// The header's name begins like one of Clockwork's, but no request has such a header.
    mutating func misspelt(_ header: UnsafeRawBufferPointer) {
        invalid(BorrowedText.shown(header), RequestHeader.misspeltMessage(header))
    }

    /// Appends the errors of another collection.
    mutating func add(_ other: FieldErrors) {
        if code == nil { code = other.code }
        errors += other.errors
    }

    /// The rejection for the errors so far.
    func rejection() -> Rejection {
        guard let code else { preconditionFailure("a rejection without an error") }
        let detail = errors.map { "\($0.field) \($0.message)" }.joined(separator: "; ")
        return Rejection(code: code, errors: errors, detail: detail)
    }
}

extension Rejection {
    /// The rejection of a record with a misspelt header.
    static func misspeltHeader(_ name: UnsafeRawBufferPointer) -> Rejection {
        var errors = FieldErrors()
        errors.misspelt(name)
        return errors.rejection()
    }

    /// The rejection of a body that is not one JSON object in UTF-8.
    static func invalidJSON(_ reason: String) -> Rejection {
        Rejection(code: .invalidJSON, errors: [], detail: "the request is not one JSON object in UTF-8: \(reason)")
    }
}
