extension UInt8 {
    /// Whether the byte is one of the characters `0` to `9`.
    @inlinable package var isASCIIDigit: Bool { self &- 0x30 < 10 }

    /// The value of a hexadecimal digit in either case; `nil` for every other byte.
    @inlinable package var hexadecimalValue: UInt8? {
        if isASCIIDigit { return self &- 0x30 }
        let letter = (self | 0x20) &- 0x61
        return letter < 6 ? letter + 10 : nil
    }

    /// The hexadecimal digit, in lower case, of a value below 16.
    package init(lowercaseDigitOf value: UInt8) {
        self = value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

extension Sequence<UInt8> {
    /// Two lower-case hexadecimal digits for each byte.
    package var hexadecimal: String {
        String(
            decoding: flatMap { [UInt8(lowercaseDigitOf: $0 >> 4), UInt8(lowercaseDigitOf: $0 & 15)] },
            as: UTF8.self
        )
    }
}
