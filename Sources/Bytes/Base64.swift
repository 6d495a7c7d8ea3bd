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
        // Room is made first, and the bytes are then written in place. An append for each byte would check for room
        // each time.
        let start = output.count
        output.append(contentsOf: repeatElement(padding, count: (input.count + 2) / 3 * 4))
        output.withUnsafeMutableBufferPointer { output in
            input.withUnsafeBufferPointer { input in
                alphabet.withUnsafeBufferPointer {
                    encode(input, $0, into: UnsafeMutableBufferPointer(rebasing: output[start...]))
                }
            }
        }
    }

    /// - Parameter output: as long as the result, and filled with padding.
    private static func encode(
        _ input: UnsafeBufferPointer<UInt8>,
        _ alphabet: UnsafeBufferPointer<UInt8>,
        into output: UnsafeMutableBufferPointer<UInt8>
    ) {
        var index = 0
        var place = 0
        while index + 3 <= input.count {
            let group = UInt32(input[index]) << 16 | UInt32(input[index + 1]) << 8 | UInt32(input[index + 2])
            output[place] = alphabet[Int(group >> 18)]
            output[place + 1] = alphabet[Int(group >> 12 & 63)]
            output[place + 2] = alphabet[Int(group >> 6 & 63)]
            output[place + 3] = alphabet[Int(group & 63)]
            index += 3
            place += 4
        }
        let rest = input.count - index
        guard rest > 0 else { return }
        let group = UInt32(input[index]) << 16 | (rest == 2 ? UInt32(input[index + 1]) << 8 : 0)
        output[place] = alphabet[Int(group >> 18)]
        output[place + 1] = alphabet[Int(group >> 12 & 63)]
        if rest == 2 { output[place + 2] = alphabet[Int(group >> 6 & 63)] }
    }

    /// Decodes `input`; `nil` if it is not base64 with padding.
    package static func decode(_ input: some Collection<UInt8>) -> [UInt8]? {
        let decoded = input.withContiguousStorageIfAvailable { decode(UnsafeRawBufferPointer($0)) }
        return decoded ?? Array(input).withUnsafeBytes(decode)
    }

    /// Decodes `input`; `nil` if it is not base64 with padding.
    package static func decode(_ input: UnsafeRawBufferPointer) -> [UInt8]? {
        guard input.count % 4 == 0 else { return nil }
        let paddingCount = input.suffix(2).count { $0 == padding }
        if paddingCount > 0, input.last != padding { return nil }
        let digits = input.dropLast(paddingCount)

        var isValid = true
        let output = [UInt8](unsafeUninitializedCapacity: input.count / 4 * 3) { output, count in
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
                    output[count] = UInt8(truncatingIfNeeded: group >> UInt32(bits))
                    count += 1
                }
            }
        }
        return isValid ? output : nil
    }
}
