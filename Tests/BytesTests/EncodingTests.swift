import Bytes
import Testing

@Suite struct EncodingTests {
    /// RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `base64 holds the published vectors`(text: String, encoded: String) {
        var bytes: [UInt8] = []
        Base64.encode(Array(text.utf8), into: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == encoded)
        #expect(Base64.decode(Array(encoded.utf8)) == Array(text.utf8))
    }

    @Test(arguments: ["Z", "Zg", "Zg=", "Zg===", "=Zg=", "Z===", "====", "Zm9v!A==", "Zm9v\n"])
    func `base64 refuses what it is not`(text: String) {
        #expect(Base64.decode(Array(text.utf8)) == nil)
    }

    @Test(arguments: ["", "plain", "a b/c?d=e&f%g", "é😀", "..", "."])
    func `what is percent-encoded comes back`(text: String) {
        let encoded = PercentEncoding.pathPart(text)
        #expect(PercentEncoding.decode(encoded.utf8) == text)
        #expect(encoded.utf8.allSatisfy { PercentEncoding.isUnreserved($0) || $0 == UInt8(ascii: "%") })
        #expect(encoded != "." && encoded != "..")
    }

    @Test func `a form joins its fields`() {
        let form = PercentEncoding.form([("a b", "c&d"), ("e", "~é")])
        #expect(String(decoding: form, as: UTF8.self) == "a%20b=c%26d&e=~%C3%A9")
    }

    @Test(arguments: ["%", "%4", "%4G", "%zz", "%FF"])
    func `what is not percent-encoded text is refused`(text: String) {
        #expect(PercentEncoding.decode(text.utf8) == nil)
    }

    @Test func `digits are digits in every byte's reading`() {
        for byte in UInt8.min...UInt8.max {
            let character = Character(Unicode.Scalar(byte))
            #expect(byte.isASCIIDigit == ("0"..."9").contains(character))
            #expect(byte.hexadecimalValue.map(Int.init) == (byte < 0x80 ? character.hexDigitValue : nil))
        }
        #expect([0x00, 0x9F, 0xA0].hexadecimal == "009fa0")
    }
}
