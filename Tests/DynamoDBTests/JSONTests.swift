import HTTPTransport
import Testing

@testable import DynamoDB

@Suite struct JSONTests {
    @Test(arguments: ["", "plain", "\"quoted\" \\ / \u{8}\u{c}\n\r\t\u{0}\u{1f}\u{7f}", "é😀漢字\u{2028}"])
    func aStringComesBackAsItWas(text: String) throws {
        var writer = JSONWriter()
        writer.string(text)
        #expect(writer.bytes.allSatisfy { $0 >= 0x20 })
        var reader = JSONReader(writer.bytes)
        let read = try reader.readString()
        #expect(Array(read.utf8) == Array(text.utf8))
        try reader.finish()
    }

    @Test func everyEscapeIsUnderstood() throws {
        var reader = JSONReader(Array(#""\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00\u0000""#.utf8))
        #expect(try reader.readString() == "\"\\/\u{8}\u{c}\n\r\té😀\u{0}")
    }

    @Test(arguments: [
        #""open"#, #""\"#, #""\x""#, #""\u12""#, #""\uD800""#, #""\uD800\u0041""#, #""\uDC00""#, "\"\n\"", "{", "[",
        "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "[1,]", "[1 2]", "{1:2}", "", "?", "\"\u{1}\"",
    ])
    func malformedTextIsRefused(json: String) {
        #expect(throws: JSONReader.Malformed.self) {
            var reader = JSONReader(Array(json.utf8))
            try reader.skipValue()
            try reader.finish()
            // A string is only looked into when it is read.
            reader = JSONReader(Array(json.utf8))
            _ = try reader.readString()
        }
    }

    @Test func invalidUTF8IsRefused() {
        var reader = JSONReader([0x22, 0xC3, 0x28, 0x22])
        #expect(throws: JSONReader.Malformed.self) { _ = try reader.readString() }
    }

    @Test func nestingIsBounded() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let json = String(repeating: open, count: 100_000) + String(repeating: close, count: 100_000)
            var reader = JSONReader(Array(json.utf8))
            #expect(throws: JSONReader.Malformed.self) { try reader.skipValue() }
        }
    }

    @Test func whatIsNotKnownIsSkipped() throws {
        let json = #" { "a" : [1, -2.5e+3, true, null, {"b": "\u0041"}, [], {}] , "S" : "x" } "#
        var reader = JSONReader(Array(json.utf8))
        var found: String?
        try reader.readObject { (reader, name) throws(JSONReader.Malformed) in
            if name == "S" { found = try reader.readString() } else { try reader.skipValue() }
        }
        try reader.finish()
        #expect(found == "x")
    }

    @Test func anItemComesBackAsItWas() throws {
        let item: Item = [
            "text": .string("a#%\"\u{0}é"), "empty": .string(""),
            "number": .number("1700000000000.0000000000000000042"),
            "bytes": .binary((0...255).map { UInt8($0) }), "none": .binary([]),
        ]
        var writer = JSONWriter()
        writer.item(item)
        var reader = JSONReader(writer.bytes)
        #expect(try reader.readItem().attributes == item.attributes)

        writer = JSONWriter()
        writer.item([:])
        #expect(writer.bytes == Array("{}".utf8))
    }

    @Test func attributesOfOtherTypesAreLeftOut() throws {
        let json = #"{"l":{"L":[{"S":"x"}]},"s":{"S":"y"},"n":{"NULL":true},"m":{"M":{"a":{"N":"1"}}}}"#
        var reader = JSONReader(Array(json.utf8))
        #expect(try reader.readItem().attributes == [Item.Attribute(name: "s", value: .string("y"))])
    }

    @Test func anItemWithANameGivenTwiceIsRefused() {
        var reader = JSONReader(Array(#"{"a":{"S":"x"},"b":{"S":"y"},"\u0061":{"N":"1"}}"#.utf8))
        #expect(throws: JSONReader.Malformed.self) { _ = try reader.readItem() }
    }

    /// RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func base64HoldsThePublishedVectors(text: String, encoded: String) {
        var bytes: [UInt8] = []
        Base64.encode(Array(text.utf8), into: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == encoded)
        #expect(Base64.decode(Array(encoded.utf8)[...]) == Array(text.utf8))
    }

    @Test(arguments: ["Z", "Zg", "Zg=", "Zg===", "=Zg=", "Z===", "====", "Zm9v!A==", "Zm9v\n"])
    func base64RefusesWhatItIsNot(text: String) {
        #expect(Base64.decode(Array(text.utf8)[...]) == nil)
    }
}
