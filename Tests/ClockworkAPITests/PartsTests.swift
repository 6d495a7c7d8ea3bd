import ClockworkService
import HTTPTypes
import NIOCore
import Scheduling
import Testing

@testable import ClockworkAPI

/// The parts that need no pod.
@Suite struct PartsTests {
    @Test(
        arguments: [
            ("wait=10", 10), ("wait=100", 30), ("respond-async, wait=5;x=y", 5), (" Wait = 7 ", 7), ("wait=0", nil),
            ("wait", nil), ("wait=x", nil), ("wait=-1", nil), ("", nil), ("wait=99999999999999999999", nil),
        ] as [(String, Int?)]
    )
    func `a preference to wait is read, bounded, and ignored where it makes no sense`(text: String, seconds: Int?) {
        var fields = HTTPFields()
        fields[HTTPField.Name("Prefer")!] = text
        #expect(WaitPreference.read(fields) == seconds.map { .seconds($0) })
    }

    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"

    /// What becomes of such headers, as `traceparent tracestate`.
    private static func carried(_ parents: [String], _ states: [String] = []) -> [String] {
        var fields = HTTPFields()
        let parent = HTTPField.Name("Traceparent")!
        let state = HTTPField.Name("Tracestate")!
        for value in parents { fields.append(HTTPField(name: parent, value: value)) }
        for value in states { fields.append(HTTPField(name: state, value: value)) }
        var values: [String] = []
        TraceContext.headers(of: fields).forEach { name, value in
            #expect(String(decoding: name, as: UTF8.self) == ["traceparent", "tracestate"][values.count])
            values.append(value.map { String(decoding: $0, as: UTF8.self) } ?? "null")
        }
        return values
    }

    @Test(
        arguments: [
            "00-\(trace)-00", "00-\(trace)-01", "00-\(trace)-ff", "01-\(trace)-01", "cc-\(trace)-01-what is to come",
            "cc-\(trace)-01-",
        ]
    )
    func `a trace is carried as it came`(parent: String) {
        #expect(Self.carried([parent]) == [parent])
        #expect(Self.carried([parent], ["a=1"]) == [parent, "a=1"])
    }

    @Test(
        arguments: [
            "", "00", "00-\(trace)", "00-\(trace)-", "00-\(trace)-1", "00-\(trace)-001", "0-\(trace)-01",
            "ff-\(trace)-01",
            "00-\(trace)-01-", "00-\(trace)-01-x", "cc-\(trace)-01.x", "00-\(trace.uppercased())-01", "00-\(trace)-0G",
            "00-\(trace.dropFirst())-01", "00-0\(trace)-01", "00-\(trace)0-01", "00-\(trace.dropLast())-01",
            "0x-\(trace)-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "00_\(trace)_01", "00-\(trace)-0\u{661}",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", "00-\(trace)-01,00-\(trace)-01",
            "cc-\(trace)-01-ü", "cc-\(trace)-01-" + String(repeating: "x", count: 512),
        ]
    )
    func `a trace that is not valid is ignored, and its state with it`(parent: String) {
        #expect(Self.carried([parent]) == [])
        #expect(Self.carried([parent], ["a=1"]) == [])
    }

    @Test func `a trace's state may come in parts, and alone is left out where it is not valid`() {
        let parent = "00-\(Self.trace)-01"
        #expect(Self.carried([], ["a=1"]) == [])
        #expect(Self.carried([parent, parent], ["a=1"]) == [])
        #expect(Self.carried([parent], ["a=1, b=2", "", "c=3\t,d=4"]) == [parent, "a=1, b=2,c=3\t,d=4"])
        let longest = String(repeating: "x", count: 512)
        #expect(Self.carried([parent], [longest]) == [parent, longest])
        for state in [[""], [longest + "x"], [longest, "x"], ["a=ü"]] {
            #expect(Self.carried([parent], state) == [parent], "\(state)")
        }
    }

    @Test func `a token has to be right to the last byte`() {
        let tokens = AccessTokens([Secret("abc"), Secret("abcabc")])
        for text in ["Bearer abc", "bearer abcabc", "BEARER  abc"] { #expect(tokens.admit(text), "\(text)") }
        for text in ["Bearer ab", "Bearer abcd", "Bearer abcabcabc", "Bearer", "Bearer ", "", "Basic abc"] {
            #expect(!tokens.admit(text), "\(text)")
        }
        #expect(!tokens.admit(nil))
        #expect(AccessTokens([]).admit(nil))
    }

    @Test func `a path is split before it is decoded`() throws {
        #expect(try Route(target: "/schedule/a%2Fb/c%00?x=/y") == .schedule(clientID: "a/b", scheduleKey: "c\u{0}"))
        #expect(try Route(target: "http://host:1/schedule/a/b") == .schedule(clientID: "a", scheduleKey: "b"))
        for target in ["", "*", "schedule", "/schedule/", "//schedule", "/schedule/a", "/%73chedule"] {
            #expect(throws: Problem.noSuchResource) { try Route(target: target) }
        }
        #expect(throws: Problem.badPath) { try Route(target: "/schedule/%C3/x") }
    }

    @Test func `slots and bytes come back when a request ends`() throws {
        let slots = RequestSlots(maxRequests: 1, maxBytes: 10)
        var slot = slots.take()
        #expect(slots.take() == nil)
        #expect(try #require(slot).hold(10))
        #expect(!(try #require(slot).hold(11)))
        slot = nil
        slot = slots.take()
        #expect(try #require(slot).hold(10))
    }

    @Test(arguments: 1...12)
    func `a line has one answer, however the stream is cut`(chunk: Int) {
        let text = Array("1234567890\n\n12345678901\nab\n1234567890123456\nlast".utf8)
        var splitter = LineSplitter(limit: 10)
        var lines: [Result<ByteBuffer, Problem>] = []
        for start in stride(from: 0, to: text.count, by: chunk) {
            lines += splitter.take(ByteBuffer(bytes: text[start..<min(start + chunk, text.count)])) { $0 <= 10 }
        }
        if let last = splitter.takeLast() { lines.append(.success(last)) }
        let long = Result<ByteBuffer, Problem>.failure(.tooLarge(limit: 10))
        let expected: [Result<ByteBuffer, Problem>] = [
            .success(ByteBuffer(string: "1234567890")), .success(ByteBuffer()), long,
            .success(ByteBuffer(string: "ab")), long, .success(ByteBuffer(string: "last")),
        ]
        #expect(lines == expected)
        #expect(splitter.takeLast() == nil)
    }

    /// Only as the end of a line a carriage return is none of its bytes.
    @Test(arguments: 1...14)
    func `a line may end as on other systems, and has its limit to the byte`(chunk: Int) {
        let text = Array("1234567890\r\n12345678901\r\n1234567\r90\n123456789\r0\n1234567890\rx\n\r\n1234567890\r".utf8)
        var splitter = LineSplitter(limit: 10)
        var lines: [Result<ByteBuffer, Problem>] = []
        for start in stride(from: 0, to: text.count, by: chunk) {
            lines += splitter.take(ByteBuffer(bytes: text[start..<min(start + chunk, text.count)])) { $0 <= 11 }
        }
        if let last = splitter.takeLast() { lines.append(.success(last)) }
        let long = Result<ByteBuffer, Problem>.failure(.tooLarge(limit: 10))
        let expected: [Result<ByteBuffer, Problem>] = [
            .success(ByteBuffer(string: "1234567890")), long, .success(ByteBuffer(string: "1234567\r90")), long, long,
            .success(ByteBuffer()), .success(ByteBuffer(string: "1234567890")),
        ]
        #expect(lines == expected)
    }

    @Test func `a line for which there is no room is refused once, and the next one is taken`() {
        var splitter = LineSplitter(limit: 10)
        var lines = splitter.take(ByteBuffer(string: "abc")) { _ in false }
        lines += splitter.take(ByteBuffer(string: "def\ngh\n")) { _ in true }
        #expect(lines == [.failure(.tooBusy), .success(ByteBuffer(string: "gh"))])
    }
}
