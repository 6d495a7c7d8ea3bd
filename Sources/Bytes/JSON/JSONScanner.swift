/// A strict JSON scanner (RFC 8259) over borrowed bytes. It makes one pass, allocates nothing, and keeps only
/// positions.
///
/// Skipped values are checked too. A scan that reaches ``finish()`` has seen one JSON text in UTF-8.
package struct JSONScanner {
    /// The bytes to scan.
    package let bytes: UnsafeRawBufferPointer
    /// The position of the scan, in bytes.
    @usableFromInline package internal(set) var position = 0
    @usableFromInline var depth = 0

    /// The deepest accepted nesting of objects and arrays, so that no text exhausts the stack.
    package static let maximumDepth = 128

    /// A scanner at the beginning of `bytes`, which must outlive the scanner and every text that it finds.
    @inlinable package init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// A value as it was found; the content of objects and arrays has been skipped.
    package enum Value {
        case string(BorrowedText)
        case number(BorrowedText)
        case boolean(Bool)
        case null
        case object
        case array
    }

    /// Steps into the object that is the whole text.
    @inlinable package mutating func enterText() throws(JSONError) {
        if bytes.starts(with: "\u{FEFF}") { throw error(.byteOrderMark) }
        skipWhitespace()
        guard position < bytes.count else { throw error(.unexpectedEnd) }
        guard bytes[position] == UInt8(ascii: "{") else { throw error(.notAnObject) }
        try enter()
    }

    /// Whether an object begins here; white space before it is skipped.
    @inlinable package mutating func isAtObject() -> Bool {
        skipWhitespace()
        return position < bytes.count && bytes[position] == UInt8(ascii: "{")
    }

    /// Whether an array begins here; white space before it is skipped.
    @inlinable package mutating func isAtArray() -> Bool {
        skipWhitespace()
        return position < bytes.count && bytes[position] == UInt8(ascii: "[")
    }

    /// Steps over the brace or bracket at the position.
    @inlinable package mutating func enter() throws(JSONError) {
        guard depth < Self.maximumDepth else { throw error(.tooDeep) }
        depth += 1
        position += 1
    }

    /// The name of the object's next member, whose value comes next; `nil` at the end of the object.
    ///
    /// - Parameter isFirst: whether no member of this object has been read yet; cleared here.
    @inlinable package mutating func nextMember(isFirst: inout Bool) throws(JSONError) -> BorrowedText? {
        guard try hasNext(isFirst: &isFirst, end: UInt8(ascii: "}")) else { return nil }
        skipWhitespace()
        try expect(UInt8(ascii: "\""), .unexpectedByte)
        let name = try scanString()
        skipWhitespace()
        try expect(UInt8(ascii: ":"), .unexpectedByte)
        return name
    }

    /// Whether the array has another element, which comes next. If not, steps over the end of the array.
    ///
    /// - Parameter isFirst: whether no element of this array has been read yet; cleared here.
    @inlinable package mutating func nextElement(isFirst: inout Bool) throws(JSONError) -> Bool {
        try hasNext(isFirst: &isFirst, end: UInt8(ascii: "]"))
    }

    /// Reads any value, and skips its content.
    @inlinable package mutating func scanValue() throws(JSONError) -> Value {
        skipWhitespace()
        guard position < bytes.count else { throw error(.unexpectedEnd) }
        switch bytes[position] {
        case UInt8(ascii: "\""):
            position += 1
            return .string(try scanString())
        case UInt8(ascii: "{"):
            try enter()
            var isFirst = true
            while try nextMember(isFirst: &isFirst) != nil { _ = try scanValue() }
            return .object
        case UInt8(ascii: "["):
            try enter()
            var isFirst = true
            while try nextElement(isFirst: &isFirst) { _ = try scanValue() }
            return .array
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return .number(try scanNumber())
        case UInt8(ascii: "t"):
            try expectWord("true")
            return .boolean(true)
        case UInt8(ascii: "f"):
            try expectWord("false")
            return .boolean(false)
        case UInt8(ascii: "n"):
            try expectWord("null")
            return .null
        default:
            throw error(.unexpectedByte)
        }
    }

    /// Checks that nothing but white space follows.
    @inlinable package mutating func finish() throws(JSONError) {
        skipWhitespace()
        guard position == bytes.count else { throw error(.trailingBytes) }
    }

    /// Steps over the comma before the next element, or over the container's end.
    @inlinable @inline(__always) mutating func hasNext(isFirst: inout Bool, end: UInt8) throws(JSONError) -> Bool {
        skipWhitespace()
        guard position < bytes.count else { throw error(.unexpectedEnd) }
        if bytes[position] == end {
            position += 1
            depth -= 1
            return false
        }
        if !isFirst { try expect(UInt8(ascii: ","), .unexpectedByte) }
        isFirst = false
        return true
    }

    @inlinable mutating func scanNumber() throws(JSONError) -> BorrowedText {
        let start = position
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        if position < bytes.count, bytes[position] == UInt8(ascii: "0") {
            position += 1
        } else {
            try scanDigits()
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            try scanDigits()
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            try scanDigits()
        }
        return BorrowedText(plain: UnsafeRawBufferPointer(rebasing: bytes[start..<position]))
    }

    /// Steps over one digit or more.
    @inlinable mutating func scanDigits() throws(JSONError) {
        let start = position
        while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
        guard position > start else { throw error(position < bytes.count ? .badNumber : .unexpectedEnd) }
    }

    @inlinable mutating func expectWord(_ word: StaticString) throws(JSONError) {
        guard UnsafeRawBufferPointer(rebasing: bytes[position...]).starts(with: word) else {
            throw error(.unexpectedByte)
        }
        position += word.utf8CodeUnitCount
    }

    @inlinable @inline(__always) mutating func expect(_ byte: UInt8, _ reason: JSONError.Reason) throws(JSONError) {
        guard position < bytes.count else { throw error(.unexpectedEnd) }
        guard bytes[position] == byte else { throw error(reason) }
        position += 1
    }

    /// Steps over white space.
    @inlinable @inline(__always) package mutating func skipWhitespace() {
        while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
    }

    /// Whether the byte is white space between the parts of a JSON text.
    @inlinable package static func isSpace(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x20, 0x09, 0x0A, 0x0D: true
        default: false
        }
    }

    /// An error at the position.
    @inlinable package func error(_ reason: JSONError.Reason) -> JSONError {
        JSONError(reason: reason, position: position)
    }
}

extension JSONScanner {
    /// Reads the rest of a string whose opening quote has been read.
    @inlinable mutating func scanString() throws(JSONError) -> BorrowedText {
        let start = position
        var saved = 0
        while true {
            skipPlainBytes()
            guard position < bytes.count else { throw error(.unexpectedEnd) }
            switch bytes[position] {
            case UInt8(ascii: "\""):
                let raw = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
                position += 1
                return BorrowedText(raw: raw, byteCount: raw.count - saved)
            case UInt8(ascii: "\\"):
                saved += try scanEscape()
            case 0..<0x20:
                throw error(.controlCharacter)
            default:
                let length = UTF8Form.sequenceLength(bytes, at: position)
                guard length > 0 else { throw error(.notUTF8) }
                position += length
            }
        }
    }

    /// Skips ASCII that needs no escape in a string, eight bytes at a time.
    @inlinable @inline(__always) mutating func skipPlainBytes() {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highBits = ones << 7
        while position + 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            // The high bit of a byte gets set if the byte is not ASCII, is below 0x20, or is a quote or a backslash. A
            // borrow can set the bit by mistake, but only above a byte whose bit is set correctly. So the lowest set
            // bit is always correct.
            let quotes = (word ^ ones &* UInt64(UInt8(ascii: "\""))) &- ones
            let backslashes = (word ^ ones &* UInt64(UInt8(ascii: "\\"))) &- ones
            let controls = word &- ones &* 0x20
            let special = (word | quotes | backslashes | controls) & highBits
            guard special == 0 else {
                position += special.trailingZeroBitCount / 8
                return
            }
            position += 8
        }
        while position < bytes.count {
            let byte = bytes[position]
            guard byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else { return }
            position += 1
        }
    }

    /// Steps over an escape. Returns the number of bytes by which the escape is longer than its meaning.
    @inlinable mutating func scanEscape() throws(JSONError) -> Int {
        guard position + 1 < bytes.count else { throw error(.unexpectedEnd) }
        if bytes[position + 1] != UInt8(ascii: "u") {
            guard JSONEscapes.simple(bytes[position + 1]) != nil else { throw error(.badEscape) }
            position += 2
            return 1
        }
        guard let unit = JSONEscapes.unit(bytes, at: position + 2) else { throw error(.badEscape) }
        guard UTF16.isSurrogate(unit) else {
            position += 6
            return 6 - (unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3)
        }
        guard UTF16.isLeadSurrogate(unit), position + 7 < bytes.count,
            bytes[position + 6] == UInt8(ascii: "\\"), bytes[position + 7] == UInt8(ascii: "u"),
            let low = JSONEscapes.unit(bytes, at: position + 8), UTF16.isTrailSurrogate(low)
        else { throw error(.loneSurrogate) }
        position += 12
        return 12 - 4
    }
}
