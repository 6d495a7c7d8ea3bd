import HTTPTransport
import TestSupport
import Testing

/// Streams of requests.
@Suite(.serialized) struct StreamTests {
    private static let type = [HTTPHeader("Content-Type", "Application/X-NDJSON; charset=utf-8")]

    @Test func `a stream of ten thousand lines gets an answer for each line, in order`() async throws {
        try await LivePod.with { pod in
            let time = LivePod.later(600_000)
            let body = (0..<10_000).map { LivePod.create("k\($0)", at: time, ordering: "o\($0 % 7)") + "\n" }.joined()
            let answer = try await pod.call("POST", "/schedule", body: body, headers: Self.type)
            #expect(answer.status == 200)
            #expect(answer.header("Content-Type") == "application/x-ndjson")
            let lines = answer.text.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count == 10_001)
            #expect(lines.last == "")
            var places: Set<String> = []
            for (index, line) in lines.dropLast().enumerated() {
                #expect(line.hasPrefix("{\"clientId\":\"c\",\"scheduleKey\":\"k\(index)\","))
                if let place = line.firstRange(of: "\"partition\"") { places.insert(String(line[place.lowerBound...])) }
            }
            #expect(places.count == 10_000)
            _ = try await pod.status("/schedule/c/k9999", until: "PENDING")
        }
    }

    @Test func `a line with a problem is answered in its place, and a cancel finds the line before it`() async throws {
        try await LivePod.with { pod in
            let create = LivePod.create("k", at: LivePod.later(600_000), ordering: "o")
            let cancel = "{\"action\":\"cancel\",\"clientId\":\"c\",\"scheduleKey\":\"k\"}"
            let unknown = "{\"action\":\"cancel\",\"clientId\":\"c\",\"scheduleKey\":\"nobody\"}"
            let long = String(repeating: "x", count: 1 << 20 + 1)
            let body = [create, "", "{}", cancel, unknown, long, create].joined(separator: "\n")
            let answer = try await pod.call("POST", "/schedule", body: body, headers: Self.type)
            let lines = answer.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            #expect(lines.count == 8)
            #expect(lines[0].contains("\"offset\""))
            #expect(lines[1].contains("invalid-json"))
            #expect(lines[2].contains("missing-field"))
            #expect(lines[3].contains("\"offset\""))
            #expect(lines[4].contains("unknown-schedule"))
            #expect(lines[5].contains("\"status\":413"))
            #expect(lines[6].contains("\"offset\""))
            _ = try await pod.status("/schedule/c/k", until: "PENDING")
        }
    }

    @Test func `a line that names another ordering key than the line before it is refused`() async throws {
        try await LivePod.with { pod in
            let time = LivePod.later(600_000)
            let lines = (0..<4).flatMap { number in
                let key = "k\(number)"
                let cancel = #"{"action":"cancel","clientId":"c","scheduleKey":"\#(key)","orderingKey":"cust-2"}"#
                return [
                    LivePod.create(key, at: time, ordering: "cust-1"), cancel,
                    LivePod.create(key, at: time + 1, ordering: "cust-3"),
                ]
            }
            let body = lines.joined(separator: "\n")
            let answer = try await pod.call("POST", "/schedule", body: body, headers: Self.type)
            let answers = answer.text.split(separator: "\n")
            try #require(answers.count == lines.count)
            for (index, answer) in answers.enumerated() {
                #expect(answer.contains("other-ordering-key") == (index % 3 > 0), "\(answer)")
            }
            for number in 0..<4 {
                let status = try await pod.call("GET", "/schedule/c/k\(number)")
                #expect(status.text.contains("\"status\":\"PENDING\""), "\(status.text)")
                #expect(status.text.contains("\"orderingKey\":\"cust-1\""), "\(status.text)")
            }
        }
    }

    @Test func `answers come while the stream is still open`() async throws {
        try await LivePod.with(runsPod: false) { pod in
            let connection = try RawConnection(port: pod.port)
            connection.send(
                "POST /schedule HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n"
            )
            for index in 0..<3 {
                let line = LivePod.create("k\(index)", at: 0) + "\n"
                connection.send(String(line.utf8.count, radix: 16) + "\r\n" + line + "\r\n")
                let answer = await connection.read(until: "\"scheduleKey\":\"k\(index)\"")
                #expect(answer.contains("\"scheduleKey\":\"k\(index)\""))
            }
            connection.send("0\r\n\r\n")
            #expect(await connection.read(until: "0\r\n\r\n").hasSuffix("0\r\n\r\n"))
        }
    }
}
