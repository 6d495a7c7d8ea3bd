/// Text that must not be shown. If it is printed, interpolated or dumped, a placeholder appears.
public struct Secret: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The text itself. A caller that reads it must keep it out of logs and errors.
    public let revealed: String

    /// Hides `text`.
    public init(_ text: String) {
        revealed = text
    }

    /// A placeholder.
    public var description: String { "(hidden)" }

    /// A placeholder.
    public var debugDescription: String { description }

    /// Has no children, so a dump shows nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
