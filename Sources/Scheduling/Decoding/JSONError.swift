/// Why bytes are not JSON, and where.
struct JSONError: Error, CustomStringConvertible {
    enum Reason: String {
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
    }

    var reason: Reason
    /// Counted in bytes from 0.
    var position: Int

    var description: String { "\(reason.rawValue) at byte \(position)" }
}
