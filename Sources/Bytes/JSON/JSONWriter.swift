/// Writes JSON (RFC 8259) straight into bytes. Commas are added as needed.
package struct JSONWriter {
    /// The bytes written so far.
    @usableFromInline package internal(set) var bytes: [UInt8] = []
    /// Whether a value has ended, so that another one or a member needs a comma first.
    @usableFromInline var isAfterValue = false

    /// An empty writer with room for `capacity` bytes.
    package init(capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    /// One object.
    package static func object(_ write: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.object(write)
        return writer.bytes
    }

    /// One object, as text.
    package static func objectText(_ write: (inout JSONWriter) -> Void) -> String {
        String(decoding: object(write), as: UTF8.self)
    }

    /// One string, in quotes.
    package static func quoted(_ text: String) -> String {
        var writer = JSONWriter()
        writer.string(text)
        return writer.text
    }

    /// The text written so far.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    // MARK: Values

    /// Appends a string. Everywhere in this project, JSON strings are escaped in the same way: as JSON requires, and
    /// also U+007F to U+009F, which are control characters to a terminal, and U+2028 and U+2029, which some readers
    /// take for line breaks.
    package mutating func string(_ text: String) {
        beginValue()
        quote(text)
    }

    /// Appends an integer.
    package mutating func integer(_ value: some BinaryInteger) {
        beginValue()
        bytes.append(contentsOf: String(value).utf8)
    }

    /// Appends `true` or `false`.
    package mutating func boolean(_ value: Bool) {
        json(value ? "true" : "false")
    }

    /// Appends a string that holds `value` in base64.
    package mutating func base64(_ value: [UInt8]) {
        beginValue()
        bytes.append(UInt8(ascii: "\""))
        Base64.encode(value, into: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends a value that is already JSON.
    package mutating func json(_ value: [UInt8]) {
        beginValue()
        bytes.append(contentsOf: value)
    }

    /// Appends a value that is already JSON.
    package mutating func json(_ value: String) {
        beginValue()
        bytes.append(contentsOf: value.utf8)
    }

    /// Appends an object.
    package mutating func object(_ write: (inout JSONWriter) -> Void) {
        enclose(UInt8(ascii: "{"), UInt8(ascii: "}"), write)
    }

    /// Appends an array.
    package mutating func array(_ write: (inout JSONWriter) -> Void) {
        enclose(UInt8(ascii: "["), UInt8(ascii: "]"), write)
    }

    /// Appends an array. `write` writes each element.
    package mutating func array<Element>(
        of elements: some Sequence<Element>,
        _ write: (inout JSONWriter, Element) -> Void
    ) {
        array { writer in for element in elements { write(&writer, element) } }
    }

    // MARK: Members of an object

    /// Appends the name of a member; its value comes next.
    package mutating func name(_ name: String) {
        beginValue()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        isAfterValue = false
    }

    /// Appends a member with text as its value; nothing for `nil`.
    package mutating func member(_ name: String, _ text: String?) {
        guard let text else { return }
        self.name(name)
        string(text)
    }

    /// Appends a member with an integer as its value; nothing for `nil`.
    package mutating func member(_ name: String, _ integer: (some BinaryInteger)?) {
        guard let integer else { return }
        self.name(name)
        self.integer(integer)
    }

    /// Appends a member with `true` or `false` as its value; nothing for `nil`.
    package mutating func member(_ name: String, _ boolean: Bool?) {
        guard let boolean else { return }
        self.name(name)
        self.boolean(boolean)
    }

    /// Appends a member with an integer as its value, and `null` for `nil`.
    package mutating func member(_ name: String, orNull integer: (some BinaryInteger)?) {
        self.name(name)
        if let integer { self.integer(integer) } else { json("null") }
    }

    /// Appends a member with text as its value, and `null` for `nil`.
    package mutating func member(_ name: String, orNull text: String?) {
        self.name(name)
        if let text { string(text) } else { json("null") }
    }

    /// Appends a member whose value is an object.
    package mutating func member(_ name: String, _ write: (inout JSONWriter) -> Void) {
        self.name(name)
        object(write)
    }

    // MARK: Templates

    /// Appends a part of a text unchanged, with its brackets, names and commas. No comma is added before what follows.
    @inlinable package mutating func raw(_ json: StaticString) {
        json.withUTF8Buffer { bytes.append(contentsOf: $0) }
        isAfterValue = false
    }

    /// Appends a part that another writer made, as ``raw(_:)-(StaticString)`` does.
    @inlinable package mutating func raw(_ json: [UInt8]) {
        bytes.append(contentsOf: json)
        isAfterValue = false
    }

    // MARK: -

    @inlinable mutating func beginValue() {
        if isAfterValue { bytes.append(UInt8(ascii: ",")) }
        isAfterValue = true
    }

    private mutating func enclose(_ open: UInt8, _ close: UInt8, _ write: (inout JSONWriter) -> Void) {
        beginValue()
        bytes.append(open)
        isAfterValue = false
        write(&self)
        bytes.append(close)
        isAfterValue = true
    }

    private mutating func quote(_ text: String) {
        var text = text
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { utf8 in
            var start = 0
            var index = 0
            while index < utf8.count {
                let byte = utf8[index]
                // The characters to escape have one, two or three bytes, and most bytes begin none of them.
                guard byte < 0x20 || byte == 0x22 || byte == 0x5C || byte == 0x7F || byte == 0xC2 || byte == 0xE2,
                    let scalar = Self.escaped(utf8, at: index)
                else {
                    index += 1
                    continue
                }
                bytes.append(contentsOf: utf8[start..<index])
                escape(scalar)
                index += scalar < 0x80 ? 1 : scalar < 0x800 ? 2 : 3
                start = index
            }
            bytes.append(contentsOf: utf8[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// The scalar that begins at `index`, if it must be escaped.
    private static func escaped(_ utf8: UnsafeBufferPointer<UInt8>, at index: Int) -> UInt16? {
        switch utf8[index] {
        case 0xC2:
            // U+0080 to U+009F.
            return utf8[index + 1] < 0xA0 ? UInt16(utf8[index + 1]) : nil
        case 0xE2:
            // U+2028 and U+2029.
            return utf8[index + 1] == 0x80 && utf8[index + 2] & 0xFE == 0xA8
                ? 0x2000 + UInt16(utf8[index + 2] & 0x3F) : nil
        case let byte: return UInt16(byte)
        }
    }

    private mutating func escape(_ scalar: UInt16) {
        bytes.append(UInt8(ascii: "\\"))
        switch scalar {
        case 0x22, 0x5C: bytes.append(UInt8(scalar))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        default:
            bytes.append(UInt8(ascii: "u"))
            for shift in [12, 8, 4, 0] as [UInt16] {
                bytes.append(UInt8(lowercaseDigitOf: UInt8(scalar >> shift & 15)))
            }
        }
    }
}
