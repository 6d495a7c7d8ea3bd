import ClockworkService
import HTTPTypes
import NIOCore
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

    @Test func `a line for which there is no room is refused once, and the next one is taken`() {
        var splitter = LineSplitter(limit: 10)
        var lines = splitter.take(ByteBuffer(string: "abc")) { _ in false }
        lines += splitter.take(ByteBuffer(string: "def\ngh\n")) { _ in true }
        #expect(lines == [.failure(.tooBusy), .success(ByteBuffer(string: "gh"))])
    }
}
