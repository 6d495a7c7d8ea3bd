/// Base64 with padding (RFC 4648, section 4), from bytes to bytes.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let invalid: UInt8 = 0xFF
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: invalid, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()
    private static let padding = UInt8(ascii: "=")

    /// Appends `input`, encoded, to `output`.
    package static func encode(_ input: [UInt8], into output: inout [UInt8]) {
        output.reserveCapacity(output.count + (input.count + 2) / 3 * 4)
        input.withUnsafeBufferPointer { input in
            alphabet.withUnsafeBufferPointer { alphabet in
                var index = 0
                while index + 3 <= input.count {
                    let group = UInt32(input[index]) << 16 | UInt32(input[index + 1]) << 8 | UInt32(input[index + 2])
                    output.append(alphabet[Int(group >> 18)])
                    output.append(alphabet[Int(group >> 12 & 63)])
                    output.append(alphabet[Int(group >> 6 & 63)])
                    output.append(alphabet[Int(group & 63)])
                    index += 3
                }
                let rest = input.count - index
                guard rest > 0 else { return }
                let group = UInt32(input[index]) << 16 | (rest == 2 ? UInt32(input[index + 1]) << 8 : 0)
                output.append(alphabet[Int(group >> 18)])
                output.append(alphabet[Int(group >> 12 & 63)])
                output.append(rest == 2 ? alphabet[Int(group >> 6 & 63)] : padding)
                output.append(padding)
            }
        }
    }

    /// - Returns: `nil` when `input` is not base64 with padding.
    package static func decode(_ input: ArraySlice<UInt8>) -> [UInt8]? {
        guard input.count % 4 == 0 else { return nil }
        let paddingCount = input.suffix(2).count { $0 == padding }
        if paddingCount == 2, input.last != padding || input[input.endIndex - 2] != padding { return nil }
        if paddingCount == 1, input.last != padding { return nil }
        let digits = input.dropLast(paddingCount)

        var output: [UInt8] = []
        output.reserveCapacity(input.count / 4 * 3)
        var isValid = true
        digits.withUnsafeBufferPointer { digits in
            values.withUnsafeBufferPointer { values in
                var group: UInt32 = 0
                var bits = 0
                for digit in digits {
                    let value = values[Int(digit)]
                    guard value != invalid else {
                        isValid = false
                        return
                    }
                    group = group << 6 | UInt32(value)
                    bits += 6
                    guard bits >= 8 else { continue }
                    bits -= 8
                    output.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
                }
            }
        }
        return isValid ? output : nil
    }
}
