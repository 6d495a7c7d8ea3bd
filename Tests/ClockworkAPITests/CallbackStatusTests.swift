import HTTPTransport
import ScriptedServer
import Testing

/// What the API tells of callbacks, against a live pod.
@Suite(.serialized) struct CallbackStatusTests {
    private static func create(_ key: String, _ delivery: String) -> String {
        #"{"clientId":"c","scheduleKey":"\#(key)","taskData":"x","delivery":{\#(delivery)},"scheduleTime":1000000000007}"#
    }

    @Test func `between attempts a callback is pending, with the attempt and the last failure, until it is cancelled`()
        async throws
    {
        let server = ScriptedServer { _ in .answer(status: 503, headers: ["Retry-After: 600"]) }
        defer { server.stop() }
        try await LivePod.with { pod in
            let delivery = #""url":"\#(server.url)/a?b=c","headers":{"Authorization":"Bearer hidden"}"#
            let accepted = try await pod.call("POST", "/schedule", body: Self.create("k", delivery))
            #expect(accepted.status == 202, "\(accepted.text)")
            var status = try await pod.status("/schedule/c/k", until: "PENDING")
            while status.number("attempt") != 2 { status = try await pod.call("GET", "/schedule/c/k") }
            #expect(status.text.contains(#""scheduleTime":1000000000007"#))
            #expect(status.text.contains(#""lastFailure":"answered 503""#))
            #expect(status.text.contains(#""url":"\#(server.url)/a?b=c","method":"POST""#))
            #expect(!status.text.contains("hidden"))
            let due = try #require(status.number("nextAttemptTime"))
            #expect(due > LivePod.later(0))
            let cancelled = try await pod.call(
                "DELETE",
                "/schedule/c/k",
                headers: [HTTPHeader("Prefer", "wait=20")]
            )
            #expect(cancelled.status == 200, "\(cancelled.text)")
            #expect(try await pod.call("GET", "/schedule/c/k").text.contains(#""status":"CANCELLED""#))
            #expect(server.requests.count == 1)
        }
    }

    @Test func `one that has failed tells why, and one that has succeeded at which attempt`() async throws {
        let server = ScriptedServer { request in
            if request.line.contains("/gone") { return .answer(status: 410) }
            return request.headers["clockwork-attempt"] == "1" ? .answer(status: 500) : .answer(status: 204)
        }
        defer { server.stop() }
        try await LivePod.with { pod in
            let retry = #","retry":{"initialBackoffMs":1}"#
            for path in ["gone", "busy"] {
                let body = Self.create(path, #""url":"\#(server.url)/\#(path)"\#(retry)"#)
                #expect(try await pod.call("POST", "/schedule", body: body).status == 202)
            }
            let failed = try await pod.status("/schedule/c/gone", until: "FAILED")
            #expect(failed.number("attempt") == 1)
            #expect(failed.text.contains("answered 410 at attempt 1 of 8."))
            let executed = try await pod.status("/schedule/c/busy", until: "EXECUTED")
            #expect(executed.number("attempt") == 2)
            #expect(executed.text.contains(#""lastFailure":"answered 500""#))
        }
    }

    @Test func `what is wrong with a callback is told field by field`() async throws {
        try await LivePod.with(runsPod: false) { pod in
            let delivery = #""url":"ftp://a","method":"HEAD","retry":{"maxAttempts":0}"#
            let answer = try await pod.call("POST", "/schedule", body: Self.create("k", delivery))
            #expect(answer.status == 400)
            for field in ["delivery.url", "delivery.method", "delivery.retry.maxAttempts"] {
                #expect(answer.text.contains(#""field":"\#(field)""#), "\(answer.text)")
            }
        }
    }
}
