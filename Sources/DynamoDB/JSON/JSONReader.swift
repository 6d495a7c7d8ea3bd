internal import HTTPTransport

/// Reads JSON from front to back, without building a tree: the caller takes what it knows and skips the rest.
///
/// A caller that reads a value must read the whole of it before the next one. Nesting is bounded, so a hostile answer
/// cannot exhaust the stack.
struct JSONReader {
    /// What was read is not the JSON that was expected.
    struct Malformed: Error {}

    private static let maximumDepth = 64

    private let bytes: [UInt8]
    private var index = 0
    private var depth = 0
    /// The capacity units that members passed over by `skipMember` told of.
    private(set) var consumedCapacity = 0.0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Calls `body` with the name of each member; `body` reads or skips its value.
    mutating func readObject(
        _ body: (inout JSONReader, _ name: String) throws(Malformed) -> Void
    ) throws(Malformed) {
        try open("{")
        if take("}") { return close() }
        repeat {
            let name = try readString()
            try expect(":")
            try body(&self, name)
        } while take(",")
        try expect("}")
        close()
    }

    /// Calls `body` for each element; `body` reads or skips it.
    mutating func readArray(_ body: (inout JSONReader) throws(Malformed) -> Void) throws(Malformed) {
        try open("[")
        if take("]") { return close() }
        repeat { try body(&self) } while take(",")
        try expect("]")
        close()
    }

    mutating func readString() throws(Malformed) -> String {
        let (slice, isEscaped) = try readQuoted()
        let text = isEscaped ? try Self.unescape(slice) : slice
        guard let string = String(validating: text, as: UTF8.self) else { throw Malformed() }
        return string
    }

    /// Reads a string of base64 and gives the bytes it stands for.
    mutating func readBase64() throws(Malformed) -> [UInt8] {
        let (slice, isEscaped) = try readQuoted()
        guard let value = Base64.decode(isEscaped ? try Self.unescape(slice) : slice) else { throw Malformed() }
        return value
    }

    /// Reads past one value of any kind.
    mutating func skipValue() throws(Malformed) {
        switch peek() {
        case UInt8(ascii: "{"): try readObject { (reader, _) throws(Malformed) in try reader.skipValue() }
        case UInt8(ascii: "["): try readArray { (reader) throws(Malformed) in try reader.skipValue() }
        case UInt8(ascii: "\""): _ = try readQuoted()
        default:
            // A number, true, false or null: what it says is of no interest, where it ends is.
            let start = index
            while index < bytes.count, Self.isWord(bytes[index]) { index += 1 }
            guard index > start else { throw Malformed() }
        }
    }

    /// Reads past a member of an answer that is not looked for, and takes note of the capacity it says was consumed.
    mutating func skipMember(_ name: String) throws(Malformed) {
        guard name == "ConsumedCapacity" else { return try skipValue() }
        if peek() == UInt8(ascii: "[") {
            try readArray { (reader) throws(Malformed) in try reader.readConsumedCapacity() }
        } else {
            try readConsumedCapacity()
        }
    }

    private mutating func readConsumedCapacity() throws(Malformed) {
        try readObject { (reader, name) throws(Malformed) in
            guard name == "CapacityUnits" else { return try reader.skipValue() }
            let start = reader.index
            try reader.skipValue()
            let text = String(decoding: reader.bytes[start..<reader.index].lazy.filter { $0 > 0x20 }, as: UTF8.self)
            guard let units = Double(text) else { throw Malformed() }
            reader.consumedCapacity += units
        }
    }

    /// Checks that nothing but white space is left.
    mutating func finish() throws(Malformed) {
        guard peek() == nil else { throw Malformed() }
    }

    // MARK: Tokens

    private mutating func open(_ bracket: Unicode.Scalar) throws(Malformed) {
        try expect(bracket)
        depth += 1
        guard depth <= Self.maximumDepth else { throw Malformed() }
    }

    private mutating func close() {
        depth -= 1
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(Malformed) {
        guard take(character) else { throw Malformed() }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func peek() -> UInt8? {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            case let byte: return byte
            }
        }
        return nil
    }

    /// The bytes between two quotes, and whether there are escapes among them.
    private mutating func readQuoted() throws(Malformed) -> (ArraySlice<UInt8>, isEscaped: Bool) {
        try expect("\"")
        let start = index
        var isEscaped = false
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index += 1
                return (bytes[start..<(index - 1)], isEscaped)
            case UInt8(ascii: "\\"):
                isEscaped = true
                index += 2
            case 0..<0x20:
                throw Malformed()
            default:
                index += 1
            }
        }
        throw Malformed()
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "E"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private static func unescape(_ slice: ArraySlice<UInt8>) throws(Malformed) -> ArraySlice<UInt8> {
        var text: [UInt8] = []
        text.reserveCapacity(slice.count)
        var rest = slice
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "\""): text.append(UInt8(ascii: "\""))
            case UInt8(ascii: "\\"): text.append(UInt8(ascii: "\\"))
            case UInt8(ascii: "/"): text.append(UInt8(ascii: "/"))
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"):
                var scalar = try takeHexDigits(&rest)
                if 0xD800..<0xDC00 ~= scalar {
                    guard rest.popFirst() == UInt8(ascii: "\\"), rest.popFirst() == UInt8(ascii: "u") else {
                        throw Malformed()
                    }
                    let low = try takeHexDigits(&rest)
                    guard 0xDC00..<0xE000 ~= low else { throw Malformed() }
                    scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
                }
                guard let scalar = Unicode.Scalar(scalar) else { throw Malformed() }
                text.append(contentsOf: UTF8.encode(scalar)!)
            default: throw Malformed()
            }
        }
        return text[...]
    }

    private static func takeHexDigits(_ bytes: inout ArraySlice<UInt8>) throws(Malformed) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = bytes.popFirst(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw Malformed()
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
