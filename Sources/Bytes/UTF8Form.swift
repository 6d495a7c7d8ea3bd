/// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
package enum UTF8Form {
    /// The length of the multi-byte sequence at `position`, whose first byte is not ASCII; 0 if the sequence is
    /// ill-formed.
    @inlinable package static func sequenceLength(_ bytes: UnsafeRawBufferPointer, at position: Int) -> Int {
        func isByte(_ index: Int, in range: ClosedRange<UInt8>) -> Bool {
            position + index < bytes.count && range.contains(bytes[position + index])
        }
        func isContinued(from first: Int, through last: Int) -> Bool {
            for index in first...last where !isByte(index, in: 0x80...0xBF) { return false }
            return true
        }
        switch bytes[position] {
        case 0xC2...0xDF: return isContinued(from: 1, through: 1) ? 2 : 0
        case 0xE0: return isByte(1, in: 0xA0...0xBF) && isContinued(from: 2, through: 2) ? 3 : 0
        case 0xED: return isByte(1, in: 0x80...0x9F) && isContinued(from: 2, through: 2) ? 3 : 0
        case 0xE1...0xEF: return isContinued(from: 1, through: 2) ? 3 : 0
        case 0xF0: return isByte(1, in: 0x90...0xBF) && isContinued(from: 2, through: 3) ? 4 : 0
        case 0xF1...0xF3: return isContinued(from: 1, through: 3) ? 4 : 0
        case 0xF4: return isByte(1, in: 0x80...0x8F) && isContinued(from: 2, through: 3) ? 4 : 0
        default: return 0
        }
    }

    /// Whether all of `bytes` is UTF-8.
    @inlinable package static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var position = 0
        while position < bytes.count {
            if position + 8 <= bytes.count,
                bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            {
                position += 8
            } else if bytes[position] < 0x80 {
                position += 1
            } else {
                let length = sequenceLength(bytes, at: position)
                guard length > 0 else { return false }
                position += length
            }
        }
        return true
    }
}
