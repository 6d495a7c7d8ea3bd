import Scheduling
import ScriptedServer
import Testing

@testable import ClockworkService

/// Callbacks with `"ordered": true`, sent to a server. Each sends the number of its token.
@Suite struct CallbackChannelOrderTests {
    private typealias Fixture = CallbackChannelFixture

    private func inFlight(_ fixture: Fixture) -> [Substring] { fixture.metrics("clockwork_callbacks_in_flight") }

    @Test func `those behind wait until the one in front has succeeded`() async throws {
        let server = ScriptedServer { _ in .answer(status: 200) }
        defer { server.stop() }
        let fixture = try Fixture()
        try fixture.send(server.url, token: 0, payload: "0", ordered: true)
        try fixture.send(server.url, token: 1, payload: "1", ordered: true)
        try fixture.send(server.url, token: 2, payload: "2")
        fixture.take()
        #expect(inFlight(fixture) == ["clockwork_callbacks_in_flight 1"])
        await fixture.work { fixture.outcome.delivered[1]?.count == 3 }
        #expect(fixture.outcome.delivered == [1: [0, 1, 2]])
        #expect(server.requests.map(\.text) == ["0", "1", "2"])
    }

    @Test func `those behind wait through the retries of the one in front`() async throws {
        let server = ScriptedServer { request in
            .answer(status: request.text == "0" && request.headers["clockwork-attempt"] != "3" ? 503 : 200)
        }
        defer { server.stop() }
        let fixture = try Fixture()
        try fixture.send(server.url, token: 0, payload: "0", ordered: true)
        try fixture.send(server.url, token: 1, payload: "1")
        try fixture.send(server.url, token: 2, payload: "2", ordered: true)
        for _ in 0..<2 {
            await fixture.work { fixture.outcome.putOff[1]?.count == 3 }
            let putOff = fixture.takePutOff()
            #expect(putOff.map(\.token) == [0, 1, 2])
            #expect(putOff.map { $0.failure == nil } == [false, true, true])
            for postponement in putOff { try fixture.sendAgain(postponement) }
        }
        await fixture.work { fixture.outcome.delivered[1]?.count == 3 }
        #expect(server.requests.map(\.text).prefix(3) == ["0", "0", "0"])
        #expect(server.requests.count == 5)
        #expect(fixture.outcome.putOff.isEmpty)
    }

    @Test func `those behind go on when the one in front has failed for good`() async throws {
        let server = ScriptedServer { .answer(status: $0.text == "0" ? 410 : 200) }
        defer { server.stop() }
        let fixture = try Fixture()
        try fixture.send(server.url, token: 0, payload: "0", ordered: true)
        try fixture.send(server.url, token: 1, payload: "1")
        fixture.take()
        #expect(inFlight(fixture) == ["clockwork_callbacks_in_flight 1"])
        await fixture.work { fixture.outcome.delivered[1] != nil }
        #expect(fixture.outcome.failed[1]?.map(\.token) == [0])
        #expect(server.requests.map(\.text) == ["0", "1"])
    }

    @Test func `those behind go on when the one in front was cancelled between attempts`() async throws {
        let server = ScriptedServer { .answer(status: $0.text == "0" ? 503 : 200) }
        defer { server.stop() }
        let fixture = try Fixture()
        try fixture.send(server.url, token: 0, payload: "0", ordered: true)
        try fixture.send(server.url, token: 1, payload: "1")
        await fixture.work { fixture.outcome.putOff[1]?.count == 2 }
        fixture.take()
        try fixture.sendAgain(try #require(fixture.takePutOff().last))
        await fixture.work { fixture.outcome.delivered[1] != nil }
        #expect(fixture.outcome.delivered == [1: [1]])
        #expect(server.requests.map(\.text) == ["0", "1"])
    }

    @Test func `one that its host has no time for holds back what is behind it`() async throws {
        let bad = ScriptedServer { _ in .answer(status: 503) }
        defer { bad.stop() }
        let good = ScriptedServer { _ in .answer(status: 200) }
        defer { good.stop() }
        let fixture = try Fixture()
        for token in 0..<5 as Range<UInt32> { try fixture.send(bad.url, token: token) }
        await fixture.work { fixture.outcome.putOff[1]?.count == 5 }
        _ = fixture.takePutOff()
        try fixture.send(bad.url, token: 5, ordered: true)
        try fixture.send(good.url, token: 6)
        fixture.take()
        #expect(fixture.takePutOff().map(\.token) == [5, 6])
        #expect(good.requests.isEmpty)
    }

    @Test func `an owner that drains gets back what waits`() async throws {
        let server = ScriptedServer { _ in .silence }
        defer { server.stop() }
        let fixture = try Fixture()
        try fixture.send(server.url, token: 0, ordered: true)
        try fixture.send(server.url, token: 2)
        try fixture.send(server.url, token: 1)
        fixture.take()
        fixture.channel.drain(owner: 1, now: fixture.now)
        fixture.take()
        #expect(fixture.takePutOff().map(\.token) == [1, 2])
        fixture.pass(milliseconds: CallbackOwner.drainPatience)
        await fixture.work { fixture.outcome.putOff[1] != nil }
        #expect(fixture.takePutOff().map(\.token) == [0])
    }
}
