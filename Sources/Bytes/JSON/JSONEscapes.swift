/// Resolves the escapes of JSON strings (RFC 8259, section 7).
@usableFromInline enum JSONEscapes {
    /// Writes the text of a scanned JSON string, escapes resolved, and returns the number of bytes written.
    ///
    /// - Precondition: the scanner has accepted `raw`, and `target` has room for the byte count it found.
    @usableFromInline static func resolve(_ raw: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer)
        -> Int
    {
        guard let source = raw.baseAddress, let start = target.baseAddress else { return 0 }
        var written = 0
        var position = 0
        while position < raw.count {
            var end = position
            while end < raw.count, raw[end] != UInt8(ascii: "\\") { end += 1 }
            (start + written).copyMemory(from: source + position, byteCount: end - position)
            written += end - position
            position = end
            guard position < raw.count else { break }
            let escape = decode(raw, at: position)
            position += escape.length
            for byte in UTF8.encode(escape.scalar).unsafelyUnwrapped {
                target[written] = byte
                written += 1
            }
        }
        return written
    }

    /// The scalar that an escape means, and the number of bytes of the escape.
    private static func decode(
        _ raw: UnsafeRawBufferPointer,
        at position: Int
    ) -> (scalar: Unicode.Scalar, length: Int) {
        let kind = raw[position + 1]
        guard kind == UInt8(ascii: "u") else {
            return (Unicode.Scalar(simple(kind) ?? kind), 2)
        }
        let unit = unit(raw, at: position + 2) ?? 0
        guard UTF16.isLeadSurrogate(unit) else { return (Unicode.Scalar(unit) ?? "\u{FFFD}", 6) }
        let low = self.unit(raw, at: position + 8) ?? 0
        let value = 0x10000 + (UInt32(unit) & 0x3FF) << 10 + UInt32(low) & 0x3FF
        return (Unicode.Scalar(value) ?? "\u{FFFD}", 12)
    }

    /// The meaning of the letter after a backslash; `nil` if it is not one of the simple escapes.
    @inlinable static func simple(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// The UTF-16 code unit of the four hexadecimal digits at `position`; `nil` if there are none.
    @inlinable static func unit(_ bytes: UnsafeRawBufferPointer, at position: Int) -> UInt16? {
        guard position + 4 <= bytes.count else { return nil }
        var unit: UInt16 = 0
        for index in position..<(position + 4) {
            guard let digit = bytes[index].hexadecimalValue else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}
