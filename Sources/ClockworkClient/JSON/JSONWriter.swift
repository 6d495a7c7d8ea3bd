/// Writes one JSON object straight into bytes (RFC 8259).
struct JSONWriter {
    private(set) var bytes: [UInt8] = [UInt8(ascii: "{")]

    /// Appends a member with text as its value; nothing for `nil`.
    mutating func member(_ name: StaticString, _ text: String?) {
        guard let text else { return }
        begin(name)
        Self.append(text, to: &bytes)
    }

    /// Appends a member with an integer as its value; nothing for `nil`.
    mutating func member(_ name: StaticString, _ integer: Int64?) {
        guard let integer else { return }
        begin(name)
        bytes.append(contentsOf: String(integer).utf8)
    }

    /// Appends a member whose value is JSON already.
    mutating func member(_ name: StaticString, json: [UInt8]) {
        begin(name)
        bytes.append(contentsOf: json)
    }

    /// The object, closed.
    consuming func finish() -> [UInt8] {
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private mutating func begin(_ name: StaticString) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        Self.append("\(name)", to: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }

    /// Appends `text` in quotes. Control characters are escaped, so that a value is one line of NDJSON.
    static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20, 0x7F:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(hexDigit(byte >> 4))
                bytes.append(hexDigit(byte & 15))
            default:
                bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func hexDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
}
