/// A request that can never succeed, with all of its errors.
///
/// The texts are for clients and operators. They name fields and limits, and never show a payload. They quote only
/// names, each with at most 128 bytes. All texts of a rejection together stay below 2 KiB.
public struct Rejection: Error, Sendable, Equatable, CustomStringConvertible {
    /// One field that is wrong.
    public struct FieldError: Sendable, Equatable {
        /// The field under the name that the client used: `delivery.topic`. In binary form this is the header's name,
        /// or `value` for the payload. For a header that holds an object, the member follows:
        /// `clockwork-delivery.topic`.
        public var field: String
        /// What is wrong, to be read after the field's name: "is missing".
        public var message: String

        /// An error from its parts.
        public init(field: String, message: String) {
            self.field = field
            self.message = message
        }
    }

    /// The code of the first error.
    public var code: DeadLetterCode
    /// Every invalid field once, in the order of the contract's table; empty if the body is not JSON.
    public var errors: [FieldError]
    /// One sentence that names the fields or the cause.
    public var detail: String

    /// A rejection from its parts.
    public init(code: DeadLetterCode, errors: [FieldError], detail: String) {
        self.code = code
        self.errors = errors
        self.detail = detail
    }

    /// Whether the request would be valid with a smaller payload.
    public var isOfSizeAlone: Bool { code == .payloadTooLarge && errors.count == 1 }

    /// Code and detail; safe to log.
    public var description: String { "\(code.rawValue): \(detail)" }
}
