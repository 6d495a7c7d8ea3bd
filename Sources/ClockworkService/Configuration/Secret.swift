/// Text that must not show: printing, interpolating or dumping it gives a placeholder.
public struct Secret: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The text itself. Reading it is the caller's promise to keep it out of logs and errors.
    public let revealed: String

    /// Hides `text`.
    public init(_ text: String) {
        revealed = text
    }

    /// A placeholder.
    public var description: String { "(hidden)" }

    /// A placeholder.
    public var debugDescription: String { description }

    /// Nothing to look into.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
