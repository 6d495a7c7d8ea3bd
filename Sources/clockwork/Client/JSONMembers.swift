/// Finds where the members of a JSON object are, without building anything from them.
///
/// It sees structure only: what lies inside a value is skipped and not checked. One pass, no recursion.
enum JSONMembers {
    /// The ranges of the values of the object that `bytes` is, by name; of a repeated name the last.
    ///
    /// - Returns: `nil` when the bytes are not one object as far as this can tell.
    static func values(in bytes: [UInt8]) -> [String: Range<Int>]? {
        var cursor = Cursor(bytes: bytes)
        var values: [String: Range<Int>] = [:]
        guard cursor.take("{") else { return nil }
        if cursor.take("}") { return cursor.isAtEnd ? values : nil }
        repeat {
            guard let name = cursor.takeValue(), let name = text(bytes[name]), cursor.take(":"),
                let value = cursor.takeValue()
            else { return nil }
            values[name] = value
        } while cursor.take(",")
        return cursor.take("}") && cursor.isAtEnd ? values : nil
    }

    /// The elements of the array that `bytes` is, in order.
    ///
    /// - Returns: `nil` when the bytes are not one array as far as this can tell.
    static func elements(of bytes: ArraySlice<UInt8>) -> [[UInt8]]? {
        let bytes = Array(bytes)
        var cursor = Cursor(bytes: bytes)
        var elements: [[UInt8]] = []
        guard cursor.take("[") else { return nil }
        if cursor.take("]") { return cursor.isAtEnd ? elements : nil }
        repeat {
            guard let element = cursor.takeValue() else { return nil }
            elements.append(Array(bytes[element]))
        } while cursor.take(",")
        return cursor.take("]") && cursor.isAtEnd ? elements : nil
    }

    /// The text of a JSON string, quotes included in `bytes`; `nil` for every other value.
    static func text(_ bytes: ArraySlice<UInt8>) -> String? {
        guard bytes.count >= 2, bytes.first == UInt8(ascii: "\""), bytes.last == UInt8(ascii: "\"") else { return nil }
        let inside = bytes.dropFirst().dropLast()
        guard inside.contains(UInt8(ascii: "\\")) else { return String(validating: inside, as: UTF8.self) }
        var units: [UInt16] = []
        var rest = inside
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                // A run without an escape.
                let run = CollectionOfOne(byte) + rest.prefix { $0 != UInt8(ascii: "\\") }
                guard let run = String(validating: run, as: UTF8.self) else { return nil }
                units += run.utf16
                rest = rest.drop { $0 != UInt8(ascii: "\\") }
                continue
            }
            guard let unit = takeEscape(&rest) else { return nil }
            units.append(unit)
        }
        return String(validating: units, as: UTF16.self)
    }

    /// Whether the byte is white space between the parts of a JSON text.
    static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    private static func takeEscape(_ rest: inout ArraySlice<UInt8>) -> UInt16? {
        guard let kind = rest.popFirst() else { return nil }
        switch Unicode.Scalar(kind) {
        case "\"", "\\", "/": return UInt16(kind)
        case "b": return 0x08
        case "f": return 0x0C
        case "n": return 0x0A
        case "r": return 0x0D
        case "t": return 0x09
        case "u":
            let digits = rest.prefix(4)
            guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
            rest = rest.dropFirst(4)
            return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        default: return nil
        }
    }

    private struct Cursor {
        let bytes: [UInt8]
        var index = 0

        var isAtEnd: Bool {
            mutating get {
                skipSpace()
                return index == bytes.count
            }
        }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            skipSpace()
            guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
            index += 1
            return true
        }

        /// The range of the next value: a string, a balanced pair of brackets, or a run of anything else.
        mutating func takeValue() -> Range<Int>? {
            skipSpace()
            let start = index
            var depth = 0
            while index < bytes.count {
                switch Unicode.Scalar(bytes[index]) {
                case "\"":
                    guard skipString() else { return nil }
                    if depth == 0 { return start..<index }
                case "{", "[":
                    depth += 1
                    index += 1
                case "}" where depth > 0, "]" where depth > 0:
                    depth -= 1
                    index += 1
                    if depth == 0 { return start..<index }
                case "}" where depth == 0, "]" where depth == 0, "," where depth == 0, ":" where depth == 0,
                    " " where depth == 0, "\t" where depth == 0, "\r" where depth == 0, "\n" where depth == 0:
                    return start < index ? start..<index : nil
                default:
                    index += 1
                }
            }
            return nil
        }

        /// Moves behind the string that starts here.
        private mutating func skipString() -> Bool {
            index += 1
            while index < bytes.count {
                switch Unicode.Scalar(bytes[index]) {
                case "\"":
                    index += 1
                    return true
                case "\\": index += 2
                default: index += 1
                }
            }
            return false
        }

        private mutating func skipSpace() {
            while index < bytes.count, JSONMembers.isSpace(bytes[index]) { index += 1 }
        }
    }
}
