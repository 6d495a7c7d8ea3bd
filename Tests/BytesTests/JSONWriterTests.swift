import Bytes
import Foundation
import Testing

@Suite struct JSONWriterTests {
    @Test(arguments: [
        "", "plain", "\"quoted\" \\ / \u{8}\u{c}\n\r\t\u{0}\u{1f}\u{7f}", "é😀漢字\u{2028}\u{2029}\u{80}\u{9f}\u{a0}",
        "\u{2027}\u{202A}\u{C0}\u{20A8}",
    ])
    func `a string comes back as it was, by this reader and by Foundation's`(text: String) throws {
        let json = JSONWriter.quoted(text)
        #expect(JSONValue(json.utf8) == .string(text))
        let read = try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed) as? String
        #expect(read.map { Array($0.utf8) } == Array(text.utf8))
    }

    @Test(arguments: [
        ("\"\\", #""\"\\""#), ("\t\n\r", #""\t\n\r""#), ("\u{0}\u{1b}\u{7f}", #""\u0000\u001b\u007f""#),
        ("\u{80}\u{9f}\u{a0}", "\"\\u0080\\u009f\u{a0}\""), ("\u{2028}\u{2029}\u{202a}", "\"\\u2028\\u2029\u{202a}\""),
    ])
    func `what a terminal or a reader of lines would take for more than text is escaped`(text: String, json: String) {
        #expect(JSONWriter.quoted(text) == json)
    }

    @Test func `commas are put in where they belong`() {
        let json = JSONWriter.objectText { json in
            json.member("a", "x")
            json.member("b", nil as String?)
            json.member("c", 1)
            json.member("d") { $0.member("e", true) }
            json.name("f")
            json.array(of: [1, 2]) { $0.integer($1) }
            json.name("g")
            json.array { json in
                json.object { _ in }
                json.array { _ in }
                json.json("null")
            }
            json.member("h", orNull: nil as Int?)
            json.name("i")
            json.base64([0xFF])
        }
        #expect(json == #"{"a":"x","c":1,"d":{"e":true},"f":[1,2],"g":[{},[],null],"h":null,"i":"/w=="}"#)
    }

    @Test func `a template gets no commas but its own`() {
        var json = JSONWriter()
        json.raw("{\"a\":")
        json.string("x")
        json.raw(",\"b\":[")
        json.integer(1)
        json.raw(",")
        json.integer(2)
        json.raw("]}")
        #expect(json.text == #"{"a":"x","b":[1,2]}"#)
    }
}
