import ClockworkClient
import Scheduling
import ScriptedServer
import Testing

@testable import clockwork

@Suite struct BatchSenderTests {
    private static let now = EpochMilliseconds(rawValue: 1_700_000_000_000)
    private static let receipt = #"{"clientId":"c","scheduleKey":"k","scheduleTime":5,"partition":0,"offset":1}"#
    private static let refusal = #"{"type":"urn:x","title":"Bad.","status":400,"detail":"not JSON","errors":[]}"#

    /// A request that any service accepts.
    private static func line(_ key: String, time: String = "0") -> String {
        "{\"clientId\":\"c\",\"scheduleKey\":\"\(key)\",\"scheduleTime\":\(time),\"taskData\":\"d\","
            + "\"delivery\":{\"topic\":\"t\"}}\n"
    }

    /// Answers each line: this service refuses the key `forbidden`.
    private static func answer(_ request: ScriptedServer.Request) -> ScriptedServer.Reaction {
        let lines = request.text.split(separator: "\n").map { $0.contains("forbidden") ? refusal : receipt }
        return .answer(status: 200, body: lines.joined(separator: "\n") + "\n")
    }

    private func file(_ text: String, isReady: @escaping () -> Bool = { true }) -> RequestFile {
        var rest = Array(text.utf8)[...]
        let lines = LineReader(name: "test", limit: 1_000) { buffer throws(LocalFileError) in
            let part = rest.prefix(buffer.count)
            buffer.copyBytes(from: part)
            rest = rest.dropFirst(part.count)
            return part.count
        }
        return RequestFile(lines: lines, sourceIsReady: isReady)
    }

    private func withClient(
        _ react: @escaping @Sendable (ScriptedServer.Request) -> ScriptedServer.Reaction,
        _ body: (ClockworkHTTPClient, ScriptedServer) async throws -> Void
    ) async throws {
        let server = ScriptedServer(react)
        defer { server.stop() }
        let client = try ClockworkHTTPClient(address: ServiceAddress(baseURL: server.url))
        defer { client.close() }
        try await body(client, server)
    }

    @Test func `a file goes in batches, in order, and refusals name their lines`() async throws {
        try await withClient(Self.answer) { client, server in
            let text = (1...2_500).map { $0 == 1_203 ? Self.line("forbidden") + "\n" : Self.line("k\($0)") }.joined()
            var refusals: [Int] = []
            var progress: [Int] = []
            var sender = BatchSender(client: client) { refusals.append($0.line) }
            try await sender.send(file(text), now: { Self.now }) { progress.append($0) }
            #expect((sender.accepted, sender.refused) == (2_499, 1))
            #expect(refusals == [1_203])
            #expect(progress == [1_000, 2_000])
            #expect(server.requests.map(\.text).joined() == text.replacing("\n\n", with: "\n"))
            #expect(server.requests.count == 3)
        }
    }

    @Test func `a line that no service accepts is not sent, and file, line and fields are named`() async throws {
        try await withClient(Self.answer) { client, server in
            let wrong = [
                "nonsense", "{}",
                #"{"clientId":"c","scheduleKey":"k","scheduleTime":1700000000,"taskData":7,"#
                    + #""delivery":{"topic":"a b","ttl":1}}"#, #"{"action":"cancel","clientId":"c"}"#,
            ]
            let text =
                Self.line("first") + wrong.joined(separator: "\n") + "\n\n" + Self.line("forbidden") + Self.line("last")
            var refusals: [LineRefusal] = []
            var sender = BatchSender(client: client) { refusals.append($0) }
            try await sender.send(file(text), now: { Self.now }) { _ in }
            #expect((sender.accepted, sender.refused) == (2, 5))
            #expect(server.requests.map(\.text) == [Self.line("first") + Self.line("forbidden") + Self.line("last")])
            let told = refusals.map(\.text)
            try #require(told.count == 5)
            #expect(told[0].hasPrefix("test line 2: the request is not one JSON object in UTF-8"), "\(told[0])")
            #expect(told[1].hasPrefix("test line 3: clientId is missing; scheduleKey is missing; "), "\(told[1])")
            for field in ["taskData", "delivery.topic", "delivery.ttl", "scheduleTime"] {
                #expect(told[2].contains("\(field) "), "\(told[2])")
            }
            #expect(told[3] == "test line 5: scheduleKey is missing")
            #expect(told[4] == "test line 7: Bad. not JSON")
            #expect(
                refusals[3].json
                    == #"{"line":5,"type":"urn:clockwork:problem:missing-field","title":"The request is not valid.","#
                    + #""status":400,"detail":"scheduleKey is missing","errors":[{"field":"scheduleKey","message":"is missing"}]}"#
            )
        }
    }

    @Test func `what a pipe has given is sent before it is waited for`() async throws {
        try await withClient(Self.answer) { client, server in
            var sender = BatchSender(client: client) { _ in }
            let last = String(Self.line("c").dropLast())
            try await sender.send(file(Self.line("a") + Self.line("b") + last, isReady: { false }), now: { Self.now }) {
                _ in
            }
            #expect(server.requests.map(\.text) == [Self.line("a") + Self.line("b"), Self.line("c")])
        }
    }

    @Test func `times relative to now are filled in`() async throws {
        try await withClient(Self.answer) { client, server in
            var sender = BatchSender(client: client) { _ in }
            try await sender.send(file(Self.line("k", time: "\"+1s\"")), now: { Self.now }) { _ in }
            #expect(server.requests.map(\.text) == [Self.line("k", time: "1700000001000")])
        }
    }

    @Test func `a batch is sent again while the service is busy, as long as it asks to wait`() async throws {
        let react = { @Sendable (request: ScriptedServer.Request) -> ScriptedServer.Reaction in
            switch request.index {
            case 0: .answer(status: 503, headers: ["Retry-After: 7"])
            case 1: .answer(status: 502)
            case 2: .answer(status: 503, headers: ["Retry-After: 3600"])
            default: Self.answer(request)
            }
        }
        try await withClient(react) { client, server in
            var pauses: [Duration] = []
            var sender = BatchSender(client: client, pause: { pauses.append($0) }) { _ in }
            try await sender.send(file(Self.line("k")), now: { Self.now }) { _ in }
            #expect(sender.accepted == 1)
            #expect(pauses == [.seconds(7), .seconds(2), .seconds(30)])
            #expect(server.requests.map(\.text) == Array(repeating: Self.line("k"), count: 4))
        }
    }

    @Test func `a batch is sent again when the service could not take one of its lines`() async throws {
        let busy = #"{"type":"urn:x","title":"Busy.","status":503,"errors":[]}"#
        let react = { @Sendable (request: ScriptedServer.Request) -> ScriptedServer.Reaction in
            request.index == 0 ? .answer(status: 200, body: "\(Self.receipt)\n\(busy)\n") : Self.answer(request)
        }
        try await withClient(react) { client, server in
            var sender = BatchSender(client: client, pause: { _ in }) { Issue.record("line \($0.line) refused") }
            try await sender.send(file(Self.line("a") + Self.line("b")), now: { Self.now }) { _ in }
            #expect((sender.accepted, sender.refused) == (2, 0))
            #expect(server.requests.map(\.text) == Array(repeating: Self.line("a") + Self.line("b"), count: 2))
        }
    }

    @Test func `a service that does not come back ends the send and the error names the line`() async throws {
        try await withClient({ _ in .answer(status: 503) }) { client, server in
            var sender = BatchSender(client: client, pause: { _ in }) { _ in }
            let error = await #expect(throws: ClientError.self) {
                try await sender.send(file("\n\n" + Self.line("a") + Self.line("b")), now: { Self.now }) { _ in }
            }
            #expect(error?.description == "line 3 and later ones may not be sent: HTTP status 503")
            #expect(server.requests.count == BatchSender.attempts)
        }
    }

    @Test func `a wrong token is not tried again`() async throws {
        try await withClient({ _ in .answer(status: 401) }) { client, server in
            var sender = BatchSender(client: client, pause: { _ in }) { _ in }
            await #expect(throws: ClientError.self) {
                try await sender.send(file(Self.line("k")), now: { Self.now }) { _ in }
            }
            #expect(server.requests.count == 1)
        }
    }
}
