/// Percent-encoding (RFC 3986, section 2.1), byte by byte.
package enum PercentEncoding {
    /// `text` with every byte encoded for which `isKept` is false. Digits are upper case.
    package static func encode(_ text: String, keeping isKept: (UInt8) -> Bool) -> String {
        guard !text.utf8.allSatisfy(isKept) else { return text }
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            if isKept(byte) {
                encoded.append(byte)
            } else {
                encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// Whether the byte is a letter, a digit or one of `-._~` (RFC 3986, section 2.3).
    package static func isUnreserved(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "~": true
        default: false
        }
    }

    /// `text` as one part of a URL's path (RFC 3986, section 3.3). Any text can be decoded again, even one with a
    /// slash.
    package static func pathPart(_ text: String) -> String {
        // A part that consists of dots would be taken for a step in the path and removed.
        let isDots = text.utf8.allSatisfy { $0 == UInt8(ascii: ".") }
        return encode(text) { isUnreserved($0) && !(isDots && $0 == UInt8(ascii: ".")) }
    }

    /// `text` as a name or value of a form: everything but unreserved bytes is encoded.
    package static func formValue(_ text: String) -> String {
        encode(text, keeping: isUnreserved)
    }

    /// A body of `application/x-www-form-urlencoded`, as HTML forms send it.
    package static func form(_ fields: [(name: String, value: String)]) -> [UInt8] {
        let pairs = fields.map { "\(formValue($0.name))=\(formValue($0.value))" }
        return Array(pairs.joined(separator: "&").utf8)
    }

    /// Decodes `part`.
    ///
    /// - Returns: `nil` if a `%` is not followed by two hexadecimal digits, or if the bytes are not UTF-8.
    package static func decode(_ part: some Sequence<UInt8>) -> String? {
        var bytes: [UInt8] = []
        var iterator = part.makeIterator()
        while let byte = iterator.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = iterator.next()?.hexadecimalValue, let low = iterator.next()?.hexadecimalValue else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
