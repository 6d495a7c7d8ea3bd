import Bytes
import Testing

@testable import ClockworkClient

@Suite struct AnswerTests {
    @Test func `JSON of every kind is read`() throws {
        let json = try #require(
            JSONValue(#" {"a":[1,-2.5e3,true,false,null,{}],"b":"\"\\\/\b\f\n\r\t\u00fc\ud83d\ude00ß","a2":[]} "#.utf8)
        )
        #expect(
            json["a"]
                == .array([.number("1"), .number("-2.5e3"), .boolean(true), .boolean(false), .null, .object([:])])
        )
        #expect(json["b"]?.text == "\"\\/\u{8}\u{C}\n\r\tü😀ß")
        #expect(json["a"]?.elements?.first?.integer == 1)
        #expect(json["a2"] == .array([]))
        #expect(json["c"] == nil)
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1,]", "{\"a\":1,}", "{\"a\"}", "{a:1}", "nul", "1 2", "\"", "\"\\x\"", "\"\\u12\"",
        "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"a\nb\"", "{\"a\":1}}", "\u{FEFF}{}", "[1", "[\"a\"",
    ])
    func `what is not JSON is not read`(text: String) {
        #expect(JSONValue(text.utf8) == nil)
    }

    @Test func `text that is not UTF-8 is not read`() {
        #expect(JSONValue([0x22, 0xFF, 0x22]) == nil)
    }

    @Test func `nesting without end is refused, not followed`() {
        #expect(JSONValue(String(repeating: "[", count: 1_000_000).utf8) == nil)
    }

    @Test func `a result line is a receipt or a problem`() throws {
        let receipt = #"{"clientId":"c","scheduleKey":"k","scheduleTime":5,"partition":3,"offset":17}"#
        guard case .accepted(let accepted)? = BatchResult(line: receipt.utf8) else {
            Issue.record("no receipt")
            return
        }
        #expect(accepted.json == receipt)
        let problem =
            #"{"type":"urn:x","title":"Bad.","status":400,"detail":"taskData is missing","#
            + #""errors":[{"field":"taskData","message":"is missing"}]}"#
        guard case .refused(let refused)? = BatchResult(line: problem.utf8) else {
            Issue.record("no problem")
            return
        }
        #expect(refused.json() == problem)
        #expect(refused.json(line: 7).hasPrefix(#"{"line":7,"type":"urn:x""#))
        #expect(refused.description == "Bad. taskData is missing")
        for line in ["{}", "[]", #"{"clientId":"c","scheduleKey":"k","partition":1e3,"offset":1}"#, "no"] {
            #expect(BatchResult(line: line.utf8) == nil)
        }
    }

    @Test func `a problem's line is safe to print and bounded`() throws {
        let detail = String(repeating: "x", count: 9_999)
        let json = try #require(JSONValue(#"{"title":"a\u001b[2J","detail":"\#(detail)"}"#.utf8))
        let text = try #require(Problem(json, status: 400)).description
        #expect(text.hasPrefix("a [2J: xxx"))
        #expect(text.count == 2_000)
    }

    @Test(arguments: [
        ("order-7", "order-7"), ("a/b c%d?e#f", "a%2Fb%20c%25d%3Fe%23f"), ("ü😀", "%C3%BC%F0%9F%98%80"),
        (".", "%2E"), ("..", "%2E%2E"), ("a..b", "a..b"), ("\u{0}\n", "%00%0A"), ("+&=;@:", "%2B%26%3D%3B%40%3A"),
    ])
    func `any key is one part of a path`(key: String, part: String) {
        #expect(PercentEncoding.pathPart(key) == part)
    }
}
