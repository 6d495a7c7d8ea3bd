import Foundation
import Scheduling
import TestSupport
import Testing

@Suite("What is not one JSON object in UTF-8 is invalid-json")
struct JSONFormTests {
    /// Whether the decoder takes `bytes` as JSON: then it only misses fields.
    static func isJSONObject(_ bytes: [UInt8]) -> Bool {
        var record = RecordFixture(json: nil)
        record.value = bytes
        return record.rejection()?.code != .invalidJSON
    }

    @Test(
        arguments: [
            "", " ", "null", "1", "\"a\"", "[]", "true", "{", "}", "{}{}", "{} x", "{},", "{\"a\"}", "{\"a\":}",
            "{\"a\":1,}",
            "{,}", "{a:1}", "{'a':1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{\"a\":[1,]}", "{\"a\":[1 2]}", "{\"a\":[}",
            "{\"a\":{]}",
            "{\"a\":tru}", "{\"a\":True}", "{\"a\":nul}", "{\"a\":NaN}", "{\"a\":Infinity}", "{\"a\":-}", "{\"a\":01}",
            "{\"a\":-01}",
            "{\"a\":1.}", "{\"a\":.5}", "{\"a\":1e}", "{\"a\":1e+}", "{\"a\":0x1}", "{\"a\":+1}", "{\"a\":--1}",
            "{\"a\":1..2}",
            "{\"a\":\"\n\"}", "{\"a\":\"\u{0}\"}", "{\"a\":\"\u{1F}\"}", "{\"a\n\":1}", "{\"a\":\"\\x\"}",
            "{\"a\":\"\\u12\"}",
            "{\"a\":\"\\u12G4\"}", "{\"a\":\"\\uD800\"}", "{\"a\":\"\\uD800x\"}", "{\"a\":\"\\uD800\\n\"}",
            "{\"a\":\"\\uDC00\"}",
            "{\"a\":\"\\uD800\\uD800\"}", "{\"a\":\"\\uD800\\u0041\"}", "{\"a\":\"\\", "{\"a\":\"\\u", "{\"a\":\"abc",
            "\u{FEFF}{}",
            "/**/{}", "{} //", "{\"a\":1}\u{0}", "\u{A0}{}", "\u{B}{}", "\u{C}{}",
        ]
    )
    func `a null value or malformed JSON is invalid-json`(text: String) {
        #expect(RecordFixture(json: nil).rejection()?.code == .invalidJSON)
        #expect(!Self.isJSONObject(Array(text.utf8)), "\(text.debugDescription)")
    }

    @Test(
        arguments: [
            "{}", " \t\r\n{ \n} \r\n\t", "{\"\":{}}", "{\"a\":[]}", "{\"a\":[ ]}", "{\"a\":-0}", "{\"a\":0.5e-10}",
            "{\"a\":1E+400}",
            "{\"a\":\"\\u0000\\uD834\\uDD1E\u{7F}\"}", "{\"a\":true,\"a\":false,\"a\":null}", "{\"a\":\"\u{FEFF}\"}",
            "{\"a\":\"\u{10FFFF}\u{FFFF}\"}", "{\"a\":\"/\\/\"}",
        ]
    )
    func `a well-formed JSON object is not invalid-json`(text: String) {
        #expect(Self.isJSONObject(Array(text.utf8)), "\(text.debugDescription)")
    }

    @Test func `bytes in a string are taken exactly when they are UTF-8`() {
        let edges: [UInt8] = [0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xE0, 0xED, 0xF0, 0xF4]
        for first in UInt8(0x80)...0xFF {
            for second in UInt8(0x20)...0xFF where second != UInt8(ascii: "\"") && second != UInt8(ascii: "\\") {
                check([first, second])
                for third in [0x7F, 0x80, 0xBF, 0xC0] as [UInt8] where first >= 0xE0 { check([first, second, third]) }
            }
            for second in edges where first >= 0xE0 {
                for third in edges {
                    for fourth in edges { check([first, second, third, fourth]) }
                }
            }
        }
        func check(_ text: [UInt8]) {
            let bytes = Array("{\"a\":\"".utf8) + text + Array("\"}".utf8)
            let isUTF8 = String(validating: text, as: UTF8.self) != nil
            if Self.isJSONObject(bytes) != isUTF8 { Issue.record("\(text)") }
        }
    }

    @Test func `every byte at every place of a longer string is judged alike`() {
        for byte in UInt8.min ... .max {
            let isPlain = byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
            for place in 0..<18 {
                var text = Array(repeating: UInt8(ascii: "x"), count: 26)
                text[place] = byte
                let bytes = Array("{\"a\":\"".utf8) + text + Array("\"}".utf8)
                if Self.isJSONObject(bytes) != isPlain { Issue.record("\(byte) at \(place)") }
            }
        }
    }

    @Test func `up to 128 levels of nesting are taken`() {
        func nested(_ levels: Int, _ open: String, _ close: String) -> [UInt8] {
            let inner = levels - 1
            return Array(
                ("{\"a\":" + String(repeating: open, count: inner) + "1" + String(repeating: close, count: inner) + "}")
                    .utf8
            )
        }
        #expect(Self.isJSONObject(nested(128, "[", "]")))
        #expect(!Self.isJSONObject(nested(129, "[", "]")))
        #expect(Self.isJSONObject(nested(128, "{\"b\":", "}")))
        #expect(!Self.isJSONObject(nested(129, "{\"b\":", "}")))
        #expect(!Self.isJSONObject(Array(repeating: UInt8(ascii: "{"), count: 100_000)))
        let wide = "{\"a\":[" + Array(repeating: "[{}]", count: 1_000).joined(separator: ",") + "]}"
        #expect(Self.isJSONObject(Array(wide.utf8)), "only depth counts")
    }

    @Test func `a request cut off anywhere, or longer by a byte, is not JSON`() {
        let bytes = Array(StructuredFixture.json(["taskData": #""a\ud83d\ude00é\n""#, "x": "[-1.5e+3,true]"]).utf8)
        for length in bytes.indices { #expect(!Self.isJSONObject(Array(bytes[..<length])), "\(length) bytes") }
        #expect(Self.isJSONObject(bytes))
        #expect(!Self.isJSONObject(bytes + [UInt8(ascii: "}")]))
    }

    @Test(arguments: 0..<60)
    func `random texts are taken exactly when Foundation takes them, and mean the same`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<40 {
            let payload = RandomJSON.string(using: &random)
            var json = StructuredFixture.json([
                "taskData": payload, "x": RandomJSON.value(depth: 4, using: &random),
                "y": RandomJSON.value(depth: 2, using: &random),
            ])
            let schedule = try RecordFixture(json: json).schedule()
            let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
            let expected = try #require(object?["taskData"] as? String, "seed \(seed)")
            #expect(schedule.payload == Array(expected.utf8), "seed \(seed)")

            json = RandomJSON.damaged(json, using: &random)
            let isObject = (try? JSONSerialization.jsonObject(with: Data(json.utf8))) is [String: Any]
            // The one leniency of Foundation in what is tried here: a comma before the end of an object or array.
            let packed = json.filter { !$0.isWhitespace }
            let mayHaveTrailingComma = packed.contains(",}") || packed.contains(",]")
            let isTaken = Self.isJSONObject(Array(json.utf8))
            #expect(isTaken == isObject || isObject && mayHaveTrailingComma, "seed \(seed): \(json)")
        }
    }

    @Test(arguments: 0..<40)
    func `damaged requests are decoded or rejected, never worse`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let original = Array(StructuredFixture.json(["taskData": #""a\ud83d\ude00é\n""#, "x": #"{"y":[1,{}]}"#]).utf8)
        var rejected = 0
        for _ in 0..<500 {
            var record = RecordFixture(json: nil)
            var bytes = original
            for _ in 0...Int.random(in: 0...3, using: &random) {
                let index = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] = .random(in: .min ... .max, using: &random)
                case 1: bytes.remove(at: index)
                case 2: bytes.insert(bytes.randomElement(using: &random)!, at: index)
                default: bytes.removeSubrange(index..<min(bytes.count, index + Int.random(in: 1...9, using: &random)))
                }
                if bytes.isEmpty { bytes = original }
            }
            record.value = bytes
            if let rejection = record.rejection() {
                rejected += 1
                #expect(!rejection.detail.isEmpty && rejection.detail.utf8.count < 2_048, "seed \(seed)")
                #expect(rejection.code == .invalidJSON || !rejection.errors.isEmpty, "seed \(seed)")
            }
        }
        #expect(rejected > 0)
    }
}
