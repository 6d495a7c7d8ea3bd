/// The reason why bytes are not JSON, and where.
package struct JSONError: Error, CustomStringConvertible {
    package enum Reason: String {
        case unexpectedByte = "unexpected character"
        case unexpectedEnd = "unexpected end"
        case byteOrderMark = "byte order mark"
        case notAnObject = "not an object"
        case tooDeep = "nested deeper than 128 levels"
        case trailingBytes = "something follows the object"
        case notUTF8 = "invalid UTF-8"
        case controlCharacter = "control character in a string"
        case badEscape = "unknown escape"
        case loneSurrogate = "surrogate without its partner"
        case badNumber = "malformed number"
        /// It is JSON, but not what the reader expects.
        case otherThanExpected = "something other than expected"
    }

    package let reason: Reason
    /// Counted in bytes from 0.
    package let position: Int

    /// An error from its parts.
    package init(reason: Reason, position: Int) {
        self.reason = reason
        self.position = position
    }

    package var description: String { "\(reason.rawValue) at byte \(position)" }
}
