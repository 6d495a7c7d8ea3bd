import Foundation
import Scheduling
import Testing

@testable import clockwork

@Suite struct RequestFileTests {
    private static let now = EpochMilliseconds(rawValue: 1_700_000_000_000)

    private func prepared(_ line: String) -> (key: String?, value: String) {
        let request = RequestLine.prepare(Array(line.utf8), now: Self.now)
        return (
            request.key.map { String(decoding: $0, as: UTF8.self) },
            String(decoding: request.value ?? [], as: UTF8.self)
        )
    }

    /// A reader over `text` that is given at most `step` bytes at a time.
    private func lines(of text: String, step: Int, limit: Int = 100) -> LineReader {
        var rest = Array(text.utf8)[...]
        return LineReader(name: "test", limit: limit) { buffer throws(LocalFileError) in
            let part = rest.prefix(min(step, buffer.count))
            buffer.copyBytes(from: part)
            rest = rest.dropFirst(part.count)
            return part.count
        }
    }

    // MARK: - Lines

    @Test(arguments: [1, 2, 3, 7, 1_000])
    func `lines come out whole however the bytes come in`(step: Int) throws {
        var reader = lines(of: "one\n\ntwo\r\nümlaut\nlast", step: step)
        var result: [String] = []
        while let line = try reader.next() { result.append(String(decoding: line, as: UTF8.self)) }
        #expect(result == ["one", "", "two\r", "ümlaut", "last"])
        #expect(reader.lineNumber == 5)
        #expect(try reader.next() == nil)
    }

    @Test(arguments: [1, 1_000_000])
    func `a line of the limit passes, a longer one is an error that names it`(step: Int) throws {
        var reader = lines(
            of: "a\n" + String(repeating: "x", count: 100) + "\n" + String(repeating: "x", count: 101),
            step: step
        )
        #expect(try reader.next()?.count == 1)
        #expect(try reader.next()?.count == 100)
        let error = #expect(throws: LocalFileError.self) { try reader.next() }
        #expect(error?.description == "test line 3 is longer than 100 bytes")
    }

    @Test func `a line without an end is given up at the limit, not read to its end`() throws {
        var bytesGiven = 0
        var reader = LineReader(name: "test", limit: 100_000) { buffer throws(LocalFileError) in
            buffer.initializeMemory(as: UInt8.self, repeating: 0x78)
            bytesGiven += buffer.count
            return buffer.count
        }
        #expect(throws: LocalFileError.self) { try reader.next() }
        #expect(bytesGiven <= 200_000)
    }

    @Test func `empty lines are skipped and counted`() throws {
        var file = RequestFile(lines: lines(of: "\n \t\r\n{\"scheduleKey\":\"k\"}\n", step: 5))
        #expect(try file.next(now: { Self.now })?.key == Array("k".utf8))
        #expect(file.lineNumber == 3)
        #expect(try file.next(now: { Self.now }) == nil)
    }

    @Test func `a file that is not there is an error that names it`() {
        let error = #expect(throws: LocalFileError.self) { try RequestFile(path: "/nowhere/requests.jsonl") }
        #expect(error?.description == "cannot open /nowhere/requests.jsonl: No such file or directory")
    }

    @Test func `every request of the examples is ready to be sent but the two that are wrong on purpose`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        var file = try RequestFile(path: root.appending(path: "examples/requests.jsonl").path)
        var broken: [Int] = []
        var refused: [String] = []
        while let request = try file.next(now: { Self.now }) {
            let value = try #require(request.value)
            guard let fields = try? JSONSerialization.jsonObject(with: Data(value)) as? [String: Any] else {
                broken.append(file.lineNumber)
                continue
            }
            if let refusal = RequestCheck.refusal(ofLine: request) {
                refused.append("\(file.lineNumber): \(refusal.detail)")
            }
            let isCancel = fields["action"] as? String == "cancel"
            #expect(request.key != nil)
            #expect(isCancel || fields["scheduleTime"] is Int, "line \(file.lineNumber)")
        }
        #expect(broken.count == 1)
        #expect(refused == ["121: taskData is missing"])
        #expect(file.lineNumber == 308)
    }

    // MARK: - Times

    @Test func `a relative time becomes an instant and all else stays as it is`() {
        #expect(
            prepared(
                #" {"a" : [1,{"scheduleTime":"+9s"}], "scheduleTime" : "+1500ms" ,"taskData":"{\"x\":\"}\"}","ü":"\u00fc"} "#
            )
            .value
                == #" {"a" : [1,{"scheduleTime":"+9s"}], "scheduleTime" : 1700000001500 ,"taskData":"{\"x\":\"}\"}","ü":"\u00fc"} "#
        )
    }

    @Test(arguments: [
        #"{"scheduleTime":1500}"#, #"{"scheduleTime":"1500ms"}"#, #"{"scheduleTime":"+1500"}"#,
        #"{"scheduleTime":"+-5s"}"#,
        #"{"scheduleTime":null}"#, #"{"scheduleTime":"+5s"#, #"{"scheduleTime":"+5s"} x"#, #"["scheduleTime","+5s"]"#,
        #"{"scheduleTime":}"#, #"{"scheduleTime" "+5s"}"#, "{}", "", "nonsense", "{\"a\":\"\\",
    ])
    func `what is not a relative time of a request is sent as it stands`(line: String) {
        #expect(prepared(line).value == line)
    }

    @Test func `a delay beyond all time does not overflow`() {
        #expect(
            prepared(#"{"scheduleTime":"+9223372036854775807ms"}"#).value == #"{"scheduleTime":9223372036854775807}"#
        )
    }

    // MARK: - Keys

    @Test(arguments: [
        (#"{"orderingKey":"o","scheduleKey":"s"}"#, "o"), (#"{"scheduleKey":"s"}"#, "s"), (#"{"scheduleId":"i"}"#, "i"),
        (#"{"orderingKey":"a\"\\\/\n\u00fc\ud83d\ude00ß"}"#, "a\"\\/\nü😀ß"), (#"{"ordering\u004bey":"o"}"#, "o"),
        (#"{"scheduleKey":""}"#, ""),
    ])
    func `the record key is the ordering key, else the schedule key`(line: String, key: String) {
        #expect(prepared(line).key == key)
    }

    @Test(arguments: [
        "{}", #"{"orderingKey":7}"#, #"{"orderingKey":"\ud83d"}"#, #"{"orderingKey":"\u12"}"#, #"{"orderingKey":"\x"}"#,
        #"{"orderingKey":"o""#, #"{"orderingKey":"o",}"#, #"{"orderingKey":"o"}}"#,
    ])
    func `there is no key where the line does not tell`(line: String) {
        #expect(prepared(line).key == nil)
    }

    @Test func `bytes that are no text are sent as they stand`() {
        let line = Array(#"{"orderingKey":""#.utf8) + [0xFF] + Array(#""}"#.utf8)
        #expect(RequestLine.prepare(line, now: Self.now) == OutgoingRequest(key: nil, value: line))
    }

    @Test func `a deeply nested line costs no stack`() {
        let line = #"{"orderingKey":"o","x":"# + String(repeating: "[", count: 1_000_000)
        #expect(prepared(line).key == nil)
        // Deeper than the service takes: it is sent as it stands, and refused.
        let closed = line + String(repeating: "]", count: 1_000_000) + "}"
        #expect(prepared(closed).key == nil)
    }
}
