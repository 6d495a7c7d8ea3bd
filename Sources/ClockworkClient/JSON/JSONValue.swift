/// A JSON value that the service answered with, as a tree: answers are small, and the transport bounds them.
enum JSONValue: Equatable {
    case string(String)
    /// A number, as it is written.
    case number(String)
    case boolean(Bool)
    case null
    case array([JSONValue])
    case object([String: JSONValue])

    /// Reads one JSON text; `nil` when `bytes` are anything else, or nested deeper than any answer is.
    init?(_ bytes: some Collection<UInt8>) {
        var parser = JSONParser(bytes: Array(bytes)[...])
        guard let value = parser.takeValue(depth: 0), parser.isAtEnd() else { return nil }
        self = value
    }

    /// The value of a member; `nil` where there is none, and for all that is not an object.
    subscript(_ name: String) -> JSONValue? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    /// The text of a string.
    var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The value of a number without fraction or exponent that fits.
    var integer: Int64? {
        if case .number(let text) = self { Int64(text) } else { nil }
    }

    /// The elements of an array.
    var elements: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }
}

/// Reads JSON by recursive descent, no deeper than `maximumDepth`, so that no answer can exhaust the stack.
///
/// What it is lenient about is harmless in an answer: of a repeated name the last value stands, and a number may have
/// any form.
private struct JSONParser {
    private static let maximumDepth = 32

    var bytes: ArraySlice<UInt8>

    mutating func isAtEnd() -> Bool {
        skipSpace()
        return bytes.isEmpty
    }

    mutating func takeValue(depth: Int) -> JSONValue? {
        guard depth < Self.maximumDepth else { return nil }
        skipSpace()
        switch bytes.first {
        case UInt8(ascii: "{"): return takeObject(depth: depth)
        case UInt8(ascii: "["): return takeArray(depth: depth)
        case UInt8(ascii: "\""): return takeString().map(JSONValue.string)
        default: return takeWord()
        }
    }

    private mutating func takeObject(depth: Int) -> JSONValue? {
        bytes.removeFirst()
        var members: [String: JSONValue] = [:]
        if take("}") { return .object(members) }
        repeat {
            skipSpace()
            guard bytes.first == UInt8(ascii: "\""), let name = takeString(), take(":"),
                let value = takeValue(depth: depth + 1)
            else { return nil }
            members[name] = value
        } while take(",")
        return take("}") ? .object(members) : nil
    }

    private mutating func takeArray(depth: Int) -> JSONValue? {
        bytes.removeFirst()
        var elements: [JSONValue] = []
        if take("]") { return .array(elements) }
        repeat {
            guard let element = takeValue(depth: depth + 1) else { return nil }
            elements.append(element)
        } while take(",")
        return take("]") ? .array(elements) : nil
    }

    private mutating func takeWord() -> JSONValue? {
        let word = bytes.prefix { byte in
            switch Unicode.Scalar(byte) {
            case "a"..."z", "E", "0"..."9", "+", "-", ".": true
            default: false
            }
        }
        bytes = bytes.dropFirst(word.count)
        switch String(decoding: word, as: UTF8.self) {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        case "null": return .null
        case let text where text.first == "-" || text.first?.isNumber == true: return .number(text)
        default: return nil
        }
    }

    /// Takes a string whose opening quote is next.
    private mutating func takeString() -> String? {
        bytes.removeFirst()
        var text: [UInt8] = []
        while let byte = bytes.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let scalar = takeEscape() else { return nil }
                text.append(contentsOf: String(scalar).utf8)
            case 0..<0x20: return nil
            default: text.append(byte)
            }
        }
        return nil
    }

    private mutating func takeEscape() -> Unicode.Scalar? {
        guard let kind = bytes.popFirst() else { return nil }
        switch Unicode.Scalar(kind) {
        case "\"", "\\", "/": return Unicode.Scalar(kind)
        case "b": return "\u{8}"
        case "f": return "\u{C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "u":
            guard let unit = takeUnit() else { return nil }
            guard UTF16.isLeadSurrogate(unit) else { return Unicode.Scalar(unit) }
            guard bytes.popFirst() == UInt8(ascii: "\\"), bytes.popFirst() == UInt8(ascii: "u"), let low = takeUnit(),
                UTF16.isTrailSurrogate(low)
            else { return nil }
            return UTF16.decode(UTF16.EncodedScalar([unit, low]))
        default: return nil
        }
    }

    private mutating func takeUnit() -> UInt16? {
        let digits = bytes.prefix(4)
        bytes = bytes.dropFirst(4)
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
        return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard bytes.first == UInt8(ascii: character) else { return false }
        bytes.removeFirst()
        return true
    }

    private mutating func skipSpace() {
        bytes = bytes.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    }
}
