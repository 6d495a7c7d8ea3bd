/// One field of a request that is wrong, found by this library or by the service.
public struct FieldError: Hashable, Sendable, CustomStringConvertible {
    /// The field's name in the structured request, such as `delivery.topic`.
    public let field: String
    /// What is wrong, to be read after the field's name: "is missing".
    public let message: String

    /// An error from its parts.
    public init(field: String, message: String) {
        self.field = field
        self.message = message
    }

    /// Field and message.
    public var description: String { "\(field) \(message)" }
}
