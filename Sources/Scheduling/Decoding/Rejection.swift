/// A request that can never succeed, with all that is wrong with it.
///
/// Texts are made for clients and operators: they name fields and limits, never echo a payload, and quote nothing but
/// the first 64 bytes of a legal topic name or of a repeated header's name. All of them together stay below 2 KiB.
public struct Rejection: Error, Sendable, Equatable, CustomStringConvertible {
    /// One field that is wrong.
    public struct FieldError: Sendable, Equatable {
        /// The field as the client knows it: `delivery.topic`, or in binary form a header's name (`value` for the
        /// payload), with the member where the header holds an object: `clockwork-delivery.topic`.
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
    /// Every invalid field once, in the order of the contract's table; empty when the body is not JSON.
    public var errors: [FieldError]
    /// One sentence that names the fields or the cause.
    public var detail: String

    /// A rejection from its parts.
    public init(code: DeadLetterCode, errors: [FieldError], detail: String) {
        self.code = code
        self.errors = errors
        self.detail = detail
    }

    /// Whether a smaller payload alone would help.
    public var isOfSizeAlone: Bool { code == .payloadTooLarge && errors.count == 1 }

    /// Code and detail, safe to log.
    public var description: String { "\(code.rawValue): \(detail)" }
}
