/// A text as one part of a URL's path (RFC 3986, section 3.3).
enum PathPart {
    /// Every byte that is not unreserved is percent-encoded, so any key survives, one with a slash in it too.
    static func encode(_ text: String) -> String {
        // A part of dots alone would be taken for a step in the path, and left out.
        let isDots = text.utf8.allSatisfy { $0 == UInt8(ascii: ".") }
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            switch Unicode.Scalar(byte) {
            case "a"..."z", "A"..."Z", "0"..."9", "-", "_", "~": encoded.append(byte)
            case "." where !isDots: encoded.append(byte)
            default:
                let digits = Array("0123456789ABCDEF".utf8)
                encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
