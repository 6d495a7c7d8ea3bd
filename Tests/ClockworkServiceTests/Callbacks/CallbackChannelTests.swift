import HTTPTransport
import Logging
import PrometheusMetrics
import Runtime
import Scheduling
import ScriptedServer
import Synchronization
import Testing

@testable import ClockworkService

@Suite struct CallbackChannelTests {
    private typealias Fixture = CallbackChannelFixture

    @Test func `a request says who it is from, what it is and which attempt`() async throws {
        let server = ScriptedServer { _ in .answer(status: 200, body: "thanks") }
        defer { server.stop() }
        let fixture = try Fixture { $0.secrets = [WebhookSecret("one")!, WebhookSecret("two")!] }
        try fixture.send(server.url + "/hook?q=1", token: 5, offset: 9, attempt: 3, payload: "päyload")
        await fixture.work { !fixture.outcome.isEmpty }
        #expect(fixture.outcome.delivered == [1: [5]])
        let request = try #require(server.requests.first)
        #expect(request.line == "POST /hook?q=1 HTTP/1.1")
        #expect(request.text == "päyload")
        #expect(request.headers["content-type"] == "application/octet-stream")
        #expect(request.headers["webhook-id"] == "intake/3/9")
        #expect(request.headers["clockwork-id"] == "intake/3/9")
        #expect(request.headers["clockwork-client-id"] == "cli%C3%ABnt")
        #expect(request.headers["clockwork-schedule-key"] == "a%20b%255")
        #expect(request.headers["clockwork-schedule-time"] == "77")
        #expect(request.headers["clockwork-attempt"] == "3")
        let timestamp = try #require(request.headers["webhook-timestamp"].flatMap { Int64($0) })
        let signatures = ["one", "two"].compactMap {
            WebhookSecret($0)?.signature(id: "intake/3/9", timestamp: timestamp, body: request.body)
        }
        #expect(request.headers["webhook-signature"] == signatures.joined(separator: " "))
    }

    @Test func `without a secret nothing is signed`() async throws {
        let server = ScriptedServer { _ in .answer(status: 204) }
        defer { server.stop() }
        let fixture = try Fixture()
        try fixture.send(server.url)
        await fixture.work { !fixture.outcome.isEmpty }
        #expect(server.requests.first?.headers["webhook-signature"] == nil)
    }

    @Test func `a failed attempt is put off by the backoff or what the server wants, whichever is longer`() async throws
    {
        let server = ScriptedServer { _ in .answer(status: 503, headers: ["Retry-After: 120"]) }
        defer { server.stop() }
        let fixture = try Fixture()
        try fixture.send(server.url)
        await fixture.work { !fixture.outcome.isEmpty }
        let postponement = try #require(fixture.outcome.putOff[1]?.first)
        #expect(postponement.failure == "answered 503")
        // A clock that is rounded down must not make it earlier than the server wants.
        #expect(postponement.time == fixture.now.wall.advanced(byMilliseconds: 120_001))
    }

    @Test(arguments: [
        ("Retry-After: 20", 20_000 as Int64), ("Retry-After: 7200", 7_200_000), ("Retry-After: 172800", 86_400_000),
        ("Retry-After: Sun, 06 Nov 1994 08:49:57 GMT", 20_000),
    ])
    func `what the server wants is a minimum, whatever the longest backoff`(field: String, pause: Int64) async throws {
        let headers = ["Date: Sun, 06 Nov 1994 08:49:37 GMT", field]
        let server = ScriptedServer { _ in .answer(status: 429, headers: headers) }
        defer { server.stop() }
        var retry = CallbackTarget.RetryPolicy()
        retry.maxAttempts = 3
        retry.maxBackoffMilliseconds = 1_000
        let fixture = try Fixture()
        try fixture.send(server.url, retry: retry)
        for attempt in 1...2 {
            await fixture.work { !fixture.outcome.isEmpty }
            #expect(server.requests.count == attempt)
            let postponement = try #require(fixture.takePutOff().first)
            #expect(postponement.time == fixture.now.wall.advanced(byMilliseconds: pause + 1))
            fixture.pass(milliseconds: pause + 1)
            try fixture.sendAgain(postponement)
        }
        await fixture.work { fixture.outcome.failed[1] != nil }
        #expect(server.requests.count == 3)
    }

    @Test func `the status decides, whatever becomes of the body`() async throws {
        let server = ScriptedServer { request in
            switch request.text {
            case "short": .raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789")
            case "silent": .unfinished("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            case "gone": .raw("HTTP/1.1 410 Gone\r\nContent-Length: 100\r\n\r\nshort")
            default: .raw("HTTP/1.1 503 Busy\r\nRetry-After: 9\r\nContent-Length: 100\r\n\r\nshort")
            }
        }
        defer { server.stop() }
        let fixture = try Fixture()
        for (token, payload) in ["short", "silent", "gone", "busy"].enumerated() {
            try fixture.send(server.url + "/\(token)", token: UInt32(token), payload: payload)
        }
        await fixture.work {
            let ends = [fixture.outcome.delivered[1]?.count, fixture.outcome.failed[1]?.count]
            return ends.reduce(fixture.outcome.putOff[1]?.count ?? 0) { $0 + ($1 ?? 0) } == 4
        }
        #expect(fixture.outcome.delivered[1]?.sorted() == [0, 1])
        #expect(fixture.outcome.failed[1]?.first?.failure.detail == "\(server.url) answered 410 at attempt 1 of 8.")
        let postponement = try #require(fixture.takePutOff().first)
        #expect(postponement.failure == "answered 503")
        #expect(postponement.time == fixture.now.wall.advanced(byMilliseconds: 9_001))
        #expect(server.requests.count == 4)
    }

    @Test(arguments: [CallbackTarget.Method.post, .put, .patch, .delete])
    func `an empty payload has a length`(method: CallbackTarget.Method) async throws {
        let server = ScriptedServer { .answer(status: $0.headers["content-length"] == "0" ? 200 : 411) }
        defer { server.stop() }
        let fixture = try Fixture()
        try fixture.send(server.url, token: 7, payload: "", method: method)
        await fixture.work { !fixture.outcome.isEmpty }
        #expect(fixture.outcome.delivered == [1: [7]])
    }

    @Test func `the URL is sent as it was given`() async throws {
        let server = ScriptedServer { _ in .answer(status: 200) }
        defer { server.stop() }
        let fixture = try Fixture()
        try fixture.send(server.url + "/a/../%7eB/./c%2f?")
        await fixture.work { !fixture.outcome.isEmpty }
        #expect(server.requests.map(\.line) == ["POST /a/../%7eB/./c%2f? HTTP/1.1"])
    }

    @Test func `a host that was allowed once and is no longer is not called, retries included`() async throws {
        let server = ScriptedServer { _ in .answer(status: 200) }
        defer { server.stop() }
        let fixture = try Fixture {
            $0.policy = CallbackPolicy(allowsPrivate: true, hosts: [CallbackPolicy.HostPattern("other.test:*")!])
        }
        try fixture.send(server.url, token: 1)
        try fixture.send(server.url, token: 2, attempt: 3, ordered: true)
        try fixture.send(server.url, token: 3)
        fixture.take()
        let failures = fixture.outcome.failed[1] ?? []
        #expect(failures.map(\.token) == [1, 2, 3])
        for (_, failure) in failures {
            #expect(failure.code == .callbackFailed)
            #expect(
                failure.detail
                    == "\(server.url) must not lead to that host and port: callbacks to it are not allowed"
            )
        }
        #expect(server.requests.isEmpty)
    }

    @Test func `URLs without TLS and private addresses are refused where they were allowed before`() async throws {
        let fixture = try Fixture { $0.policy = CallbackPolicy() }
        try fixture.send("http://a.test/", token: 1)
        try fixture.send("https://127.0.0.1:9/", token: 2)
        await fixture.work { fixture.outcome.failed[1]?.count == 2 }
        let details = fixture.outcome.failed[1]?.map(\.failure.detail)
        #expect(
            details == [
                "http://a.test must begin with https://: http:// is not allowed",
                "https://127.0.0.1:9 has no address that callbacks may go to at attempt 1 of 8.",
            ]
        )
    }

    @Test func `a path that fails does not delay another of the same host`() async throws {
        let server = ScriptedServer { .answer(status: $0.line.contains("/hooks/a ") ? 503 : 200) }
        defer { server.stop() }
        let fixture = try Fixture()
        for token in 0..<20 as Range<UInt32> { try fixture.send(server.url + "/hooks/a", token: token) }
        await fixture.work { fixture.outcome.putOff[1]?.count == 20 }
        // One a second to the other, each behind those of the first that come again.
        for token in 100..<160 as Range<UInt32> {
            fixture.pass(milliseconds: 1_000)
            for postponement in fixture.takePutOff() {
                if postponement.time <= fixture.now.wall {
                    try fixture.sendAgain(postponement)
                } else {
                    fixture.outcome.putOff[1, default: []].append(postponement)
                }
            }
            try fixture.send(server.url + "/hooks/b", token: token)
            await fixture.work {
                fixture.outcome.delivered[1]?.contains(token) == true
                    || fixture.outcome.putOff[1]?.contains { $0.token == token } == true
            }
        }
        #expect(fixture.outcome.delivered[1]?.count == 60)
    }

    @Test func `the last attempt fails for good, with the status and the number of attempts`() async throws {
        let server = ScriptedServer { _ in .answer(status: 503) }
        defer { server.stop() }
        let fixture = try Fixture()
        try fixture.send(server.url + "/secret/path?token=x", attempt: 8)
        await fixture.work { !fixture.outcome.isEmpty }
        let failure = try #require(fixture.outcome.failed[1]?.first?.failure)
        #expect(failure.code == .callbackFailed)
        #expect(failure.detail == "\(server.url) answered 503 at attempt 8 of 8.")
    }

    @Test(arguments: [
        (ScriptedServer.Reaction.hangUp, "no answer: "), (.silence, "no answer within 200 ms"),
        (.raw("SSH-2.0-x\r\n"), "no answer: "),
    ])
    func `no answer is put off`(reaction: ScriptedServer.Reaction, reason: String) async throws {
        let server = ScriptedServer { _ in reaction }
        defer { server.stop() }
        let fixture = try Fixture()
        try fixture.send(server.url, timeout: 200)
        await fixture.work { !fixture.outcome.isEmpty }
        #expect(fixture.outcome.putOff[1]?.first?.failure?.hasPrefix(reason) == true)
    }

    @Test func `a redirect is not followed, and a body is read up to a bound`() async throws {
        let body = String(repeating: "x", count: 1 << 20)
        let server = ScriptedServer { request in
            request.line.contains("/moved")
                ? .answer(status: 302, headers: ["Location: /elsewhere"]) : .answer(status: 200, body: body)
        }
        defer { server.stop() }
        let fixture = try Fixture()
        try fixture.send(server.url + "/moved", token: 1)
        try fixture.send(server.url + "/large", token: 2)
        await fixture.work { fixture.outcome.failed[1] != nil && fixture.outcome.delivered[1] != nil }
        #expect(fixture.outcome.delivered[1] == [2])
        #expect(server.requests.count == 2)
    }

    @Test func `a private address is refused at once, whatever it is called`() async throws {
        let server = ScriptedServer { _ in .answer(status: 200) }
        defer { server.stop() }
        let port = server.url.split(separator: ":").last ?? ""
        let fixture = try Fixture { $0.policy = CallbackPolicy() }
        let names = ["127.0.0.1", "localhost", "2130706433", "0177.0.0.1", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"]
        for name in names { try fixture.send("https://\(name):\(port)/") }
        try fixture.send(server.url)
        await fixture.work { fixture.outcome.failed[1]?.count == names.count + 1 }
        #expect(fixture.outcome.failed[1]?.allSatisfy { $0.failure.code == .callbackFailed } == true)
        #expect(server.connectionCount == 0)
    }

    @Test func `a host that keeps failing is left alone, and others are not`() async throws {
        let bad = ScriptedServer { _ in .answer(status: 503) }
        defer { bad.stop() }
        let good = ScriptedServer { _ in .answer(status: 200) }
        defer { good.stop() }
        let fixture = try Fixture()
        for token in 0..<100 as Range<UInt32> { try fixture.send(bad.url, token: token) }
        for token in 100..<200 as Range<UInt32> { try fixture.send(good.url, token: token) }
        await fixture.work {
            (fixture.outcome.putOff[1]?.count ?? 0) == 100 && (fixture.outcome.delivered[1]?.count ?? 0) == 100
        }
        let attempted = fixture.outcome.putOff[1]?.count { $0.failure != nil } ?? 0
        #expect(attempted == bad.requests.count)
        #expect(attempted < 10)
        #expect(good.requests.count == 100)
    }

    @Test func `metrics tell by host what became of callbacks, without paths`() async throws {
        let server = ScriptedServer { .answer(status: $0.line.contains("/gone") ? 410 : 200) }
        defer { server.stop() }
        let broken = ScriptedServer { _ in .answer(status: 503) }
        defer { broken.stop() }
        let fixture = try Fixture {
            $0.policy = CallbackPolicy(allowsPrivate: true, hosts: [CallbackPolicy.HostPattern("127.0.0.1:*")!])
        }
        for token in 0..<3 as Range<UInt32> { try fixture.send(server.url + "/a?secret=b", token: token) }
        try fixture.send(server.url + "/gone", token: 3)
        for token in 4..<20 as Range<UInt32> { try fixture.send(broken.url + "/b", token: token) }
        try fixture.send("http://nowhere.example/", token: 20)
        await fixture.work {
            fixture.outcome.delivered[1]?.count == 3 && fixture.outcome.failed[1]?.count == 2
                && fixture.outcome.putOff[1]?.count == 16
        }
        let attempts = broken.requests.count
        let calls = fixture.metrics("clockwork_callbacks_total{")
        func line(_ host: String, _ result: String, _ count: Int) -> Substring {
            "clockwork_callbacks_total{host=\"\(host)\",result=\"\(result)\"} \(count)"
        }
        #expect(calls.contains(line(server.url, "delivered", 3)))
        #expect(calls.contains(line(server.url, "failed", 1)))
        #expect(calls.contains(line(broken.url, "retried", attempts)))
        #expect(calls.contains(line(broken.url, "put_off", 16 - attempts)))
        #expect(calls.contains(line("(other)", "failed", 1)))
        #expect(calls.count == 12)
        #expect(
            fixture.metrics("clockwork_callback_duration_seconds_count{host=\"\(broken.url)\"} \(attempts)").count == 1
        )
        #expect(
            fixture.metrics("clockwork_callback_lateness_seconds_count") == [
                "clockwork_callback_lateness_seconds_count 3"
            ]
        )
        #expect(fixture.metrics("clockwork_paused_callback_hosts") == ["clockwork_paused_callback_hosts 1"])
        #expect(fixture.metrics("clockwork_callbacks_in_flight") == ["clockwork_callbacks_in_flight 0"])
        #expect(fixture.metrics("").allSatisfy { !$0.contains("secret") && !$0.contains("gone\"") })
        let deliveries = fixture.metrics("clockwork_deliveries_total{target=\"url\"")
        #expect(deliveries.map { $0.suffix(1) } == ["3", "2"])
    }

    @Test func `an owner that drains gets everything back`() async throws {
        let server = ScriptedServer { _ in .silence }
        defer { server.stop() }
        let fixture = try Fixture()
        for token in 0..<10 as Range<UInt32> { try fixture.send(server.url, token: token) }
        fixture.take()
        fixture.channel.drain(owner: 1, now: fixture.now)
        fixture.take()
        #expect(fixture.outcome.putOff[1]?.map(\.token) == [4, 5, 6, 7, 8, 9])
        #expect(fixture.channel.wakeAt != nil)
        fixture.pass(milliseconds: CallbackOwner.drainPatience)
        await fixture.work { fixture.outcome.putOff[1]?.count == 10 }
        #expect(fixture.outcome.putOff[1]?.allSatisfy { $0.failure == nil } == true)
        #expect(fixture.channel.wakeAt == nil)
    }

    @Test func `the time a drain has is not a matter of the wall clock`() async throws {
        let server = ScriptedServer { _ in .silence }
        defer { server.stop() }
        let fixture = try Fixture()
        try fixture.send(server.url)
        fixture.take()
        fixture.channel.drain(owner: 1, now: fixture.now)
        let end = fixture.channel.wakeAt
        fixture.stepWallClock(byMilliseconds: 86_400_000)
        fixture.take()
        #expect(fixture.outcome.isEmpty)
        #expect(fixture.channel.wakeAt == end)
        #expect(fixture.metrics("clockwork_callbacks_in_flight") == ["clockwork_callbacks_in_flight 1"])
        fixture.channel.end(owner: 1)
    }

    @Test func `an owner that is gone hears nothing`() async throws {
        let server = ScriptedServer { _ in .answer(status: 200) }
        defer { server.stop() }
        let fixture = try Fixture()
        try fixture.send(server.url, token: 1)
        fixture.take()
        fixture.channel.end(owner: 1)
        fixture.channel.begin(owner: 2)
        await fixture.work { fixture.metrics("clockwork_callbacks_in_flight 0").count == 1 }
        #expect(fixture.outcome.isEmpty)
    }

    @Test func `nothing is sent while the pod is not sure of its place`() async throws {
        let server = ScriptedServer { _ in .answer(status: 200) }
        defer { server.stop() }
        let fixture = try Fixture()
        try fixture.send(server.url, token: 1)
        var now = fixture.now
        now.isSure = false
        fixture.channel.collect()
        #expect(fixture.channel.takeOutcome(now: now).isEmpty)
        #expect(fixture.channel.wakeAt == nil)
        #expect(fixture.metrics("clockwork_callbacks_in_flight") == ["clockwork_callbacks_in_flight 0"])
        await fixture.work { !fixture.outcome.isEmpty }
        #expect(fixture.outcome.delivered == [1: [1]])
    }

    @Test func `a wall clock that was a day ahead for a while does not make a host rest for a day`() async throws {
        let server = ScriptedServer { .answer(status: $0.text == "good" ? 200 : 503) }
        defer { server.stop() }
        let fixture = try Fixture()
        fixture.stepWallClock(byMilliseconds: 86_400_000)
        for token in 0..<8 as Range<UInt32> { try fixture.send(server.url, token: token) }
        await fixture.work { fixture.outcome.putOff[1]?.count == 8 }
        #expect(fixture.metrics("clockwork_paused_callback_hosts") == ["clockwork_paused_callback_hosts 1"])
        fixture.stepWallClock(byMilliseconds: -86_400_000)
        try fixture.send(server.url, token: 8)
        fixture.take()
        let inASecond = fixture.now.wall.advanced(byMilliseconds: 1_000)
        #expect(fixture.outcome.putOff[1]?.last?.time == inASecond)
        fixture.pass(milliseconds: 3_000)
        try fixture.send(server.url, token: 9, payload: "good")
        await fixture.work { fixture.outcome.delivered[1] != nil }
        #expect(fixture.outcome.delivered == [1: [9]])
        #expect(fixture.metrics("clockwork_paused_callback_hosts") == ["clockwork_paused_callback_hosts 0"])
    }

    @Test func `what fails while the wall clock is a day ahead comes again seconds after it is right`() async throws {
        let isHealthy = Atomic(false)
        let server = ScriptedServer { _ in .answer(status: isHealthy.load(ordering: .relaxed) ? 200 : 503) }
        defer { server.stop() }
        let fixture = try Fixture()
        fixture.take()
        fixture.stepWallClock(byMilliseconds: 86_400_000)
        for token in 0..<8 as Range<UInt32> { try fixture.send(server.url, token: token) }
        await fixture.work {
            server.requests.count >= 5 && fixture.metrics("clockwork_callbacks_in_flight 0").count == 1
        }
        fixture.pass(milliseconds: 3_000)
        fixture.stepWallClock(byMilliseconds: -86_400_000)
        isHealthy.store(true, ordering: .relaxed)
        fixture.take()
        #expect(fixture.outcome.putOff[1]?.count == 8)
        for postponement in fixture.outcome.putOff[1] ?? [] {
            #expect(postponement.time.rawValue - fixture.now.wall.rawValue <= 2_000)
        }
        for _ in 0..<10 where fixture.outcome.delivered[1]?.count != 8 {
            fixture.pass(milliseconds: 2_000)
            for postponement in fixture.takePutOff() { try fixture.sendAgain(postponement) }
            let left = 8 - (fixture.outcome.delivered[1]?.count ?? 0)
            await fixture.work {
                fixture.outcome.putOff[1]?.count ?? 0 >= left - 1 || fixture.outcome.delivered[1]?.count == 8
            }
            await fixture.work { fixture.metrics("clockwork_callbacks_in_flight 0").count == 1 }
        }
        #expect(fixture.outcome.delivered[1]?.count == 8)
    }

    @Test func `a pause goes on by the uptime while the wall clock is in doubt`() async throws {
        let server = ScriptedServer { _ in .answer(status: 503, headers: ["Retry-After: 20"]) }
        defer { server.stop() }
        let fixture = try Fixture()
        fixture.take()
        fixture.stepWallClock(byMilliseconds: 86_400_000)
        try fixture.send(server.url, token: 1)
        await fixture.work {
            !fixture.outcome.isEmpty || fixture.channel.wakeAt.map { $0 > fixture.now.uptime } ?? false
        }
        #expect(fixture.channel.wakeAt == fixture.now.uptime.advanced(byMilliseconds: 20_001))
        fixture.pass(milliseconds: 20_000)
        fixture.take()
        #expect(fixture.outcome.isEmpty)
        fixture.pass(milliseconds: 1)
        fixture.take()
        let postponement = try #require(fixture.outcome.putOff[1]?.first)
        #expect(postponement.failure == "answered 503")
        #expect(postponement.time <= fixture.now.wall)
    }

    @Test func `a clock that stays ahead is taken to be right, and what is left of a pause goes by it`() async throws {
        let server = ScriptedServer { _ in .answer(status: 503, headers: ["Retry-After: 7200"]) }
        defer { server.stop() }
        let fixture = try Fixture()
        fixture.take()
        fixture.stepWallClock(byMilliseconds: 86_400_000)
        try fixture.send(server.url, token: 1)
        await fixture.work {
            !fixture.outcome.isEmpty || fixture.channel.wakeAt.map { $0 > fixture.now.uptime } ?? false
        }
        let end = fixture.now.wall.advanced(byMilliseconds: 7_200_001)
        fixture.pass(milliseconds: ClockDoubt.patience)
        fixture.take()
        #expect(fixture.outcome.putOff[1]?.map(\.time) == [end])
    }

    @Test func `an owner that drains gets back what is held, by the clock that is not ahead`() async throws {
        let server = ScriptedServer { _ in .answer(status: 503, headers: ["Retry-After: 20"]) }
        defer { server.stop() }
        let fixture = try Fixture()
        fixture.take()
        let end = fixture.now.wall.advanced(byMilliseconds: 20_001)
        fixture.stepWallClock(byMilliseconds: 86_400_000)
        try fixture.send(server.url, token: 1)
        await fixture.work {
            !fixture.outcome.isEmpty || fixture.channel.wakeAt.map { $0 > fixture.now.uptime } ?? false
        }
        fixture.channel.drain(owner: 1, now: fixture.now)
        fixture.take()
        #expect(fixture.outcome.putOff[1]?.map(\.time) == [end])
    }
}
