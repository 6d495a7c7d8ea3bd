import Bytes
import Foundation
import Testing

@Suite struct JSONValueTests {
    @Test func `every escape is understood`() {
        let json = #""\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00\u0000""#
        #expect(JSONValue(json.utf8) == .string("\"\\/\u{8}\u{c}\n\r\té😀\u{0}"))
    }

    @Test(arguments: [
        #""open"#, #""\"#, #""\x""#, #""\u12""#, #""\uD800""#, #""\uD800\u0041""#, #""\uDC00""#, "\"\n\"", "{", "[",
        "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "[1,]", "[1 2]", "{1:2}", "", "?", "\"\u{1}\"", "01", "1.", "-", "[}",
    ])
    func `what is not JSON is refused`(json: String) {
        #expect(JSONValue(json.utf8) == nil)
    }

    @Test func `a number is kept as it is written`() {
        #expect(JSONValue("[1,-2.50e+3,0]".utf8) == .array([.number("1"), .number("-2.50e+3"), .number("0")]))
        #expect(JSONValue("9223372036854775807".utf8)?.integer == .max)
        #expect(JSONValue("9223372036854775808".utf8)?.integer == nil)
        #expect(JSONValue("1.0".utf8)?.integer == nil)
    }

    @Test func `of a repeated name the last value counts`() {
        #expect(JSONValue(#"{"a":1,"a":2}"#.utf8)?["a"]?.integer == 2)
    }

    @Test func `the error about nesting names the bound`() {
        let text = JSONError(reason: .tooDeep, position: 0).description
        #expect(text.contains(" \(JSONScanner.maximumDepth) levels"), "\(text)")
    }

    @Test func `nesting is bounded`() {
        let depth = JSONScanner.maximumDepth
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            func nested(_ count: Int) -> String {
                String(repeating: open, count: count) + "1" + String(repeating: close, count: count)
            }
            #expect(JSONValue(nested(depth).utf8) != nil)
            #expect(JSONValue(nested(depth + 1).utf8) == nil)
            #expect(JSONValue(nested(100_000).utf8) == nil)
        }
    }
}
