import DynamoDB
import HTTPTransport
import Logging
import ScriptedServer
import Synchronization
import Testing

/// Which place is asked, when again, and what a refusal leads to.
@Suite struct CredentialsChainTests {
    private typealias Fixture = CredentialsFixture

    /// A source of numbered credentials that a test holds back, breaks and repairs.
    private final class Source: CredentialsSource {
        struct State {
            var calls = 0
            var lifetime: Int64 = 3600
            var error: DynamoDBError?
            var isHeld = false
            var isConstant = false
            var waiting: [CheckedContinuation<Void, Never>] = []
        }

        let name = "source"
        let state = Mutex(State())
        private let time: ManualTime

        init(_ time: ManualTime) {
            self.time = time
        }

        var calls: Int { state.withLock { $0.calls } }

        func load() async throws(DynamoDBError) -> Credentials? {
            await withCheckedContinuation { continuation in
                let isHeld = state.withLock { state in
                    state.calls += 1
                    if state.isHeld { state.waiting.append(continuation) }
                    return state.isHeld
                }
                if !isHeld { continuation.resume() }
            }
            let (error, id, expiry) = state.withLock { state in
                (state.error, state.isConstant ? "same" : "id\(state.calls)", time.now + state.lifetime)
            }
            if let error { throw error }
            return Credentials(accessKeyID: id, secretAccessKey: "secret", expiresAt: expiry)
        }

        func release() {
            let waiting = state.withLock { state in
                state.isHeld = false
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }

        /// Waits until somebody is held back.
        func untilAsked(_ calls: Int) async {
            while self.calls < calls { await Task.yield() }
        }
    }

    private func chain(_ sources: [any CredentialsSource], _ time: ManualTime) -> CredentialsChain {
        CredentialsChain(
            sources: sources,
            clock: ServiceClock(system: { time.now }),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
    }

    // MARK: Order

    @Test func `the sources are asked in the order of Amazon's kits`() async throws {
        let files = [
            "/token": "jwt", "/credentials": "[default]\naws_access_key_id=PROFILE\naws_secret_access_key=s",
        ]
        let react = { @Sendable (request: ScriptedServer.Request) -> ScriptedServer.Reaction in
            switch request.line.split(separator: " ")[1] {
            case "/": .answer(status: 200, body: Fixture.assumedRole("WEB", expiresIn: 900))
            case "/container": .answer(status: 200, body: Fixture.document("CONTAINER", expiresIn: 900))
            case "/latest/api/token": .answer(status: 200, body: "opener")
            case "/latest/meta-data/iam/security-credentials/": .answer(status: 200, body: "role")
            default: .answer(status: 200, body: Fixture.document("INSTANCE", expiresIn: 900))
            }
        }
        try await Fixture.with(files: files, react) { fixture in
            var all = CredentialsSettings(region: "eu-central-1")
            all.tokenServiceEndpoint = fixture.server.url
            all.webIdentityTokenFile = "/token"
            all.roleARN = "arn:aws:iam::1:role/r"
            all.credentialsFile = "/credentials"
            all.containerFullURI = fixture.server.url + "/container"
            all.instanceMetadataEndpoint = fixture.server.url
            let changes: [(String, (inout CredentialsSettings) -> Void)] = [
                ("WEB", { _ in }), ("PROFILE", { $0.webIdentityTokenFile = nil }),
                ("CONTAINER", { $0.credentialsFile = nil }), ("INSTANCE", { $0.containerFullURI = nil }),
            ]
            for (expected, change) in changes {
                change(&all)
                let settings = all
                let found = try await fixture.chain { $0 = settings }.credentials()
                #expect(found.accessKeyID == expected)
            }
            all.isInstanceMetadataDisabled = true
            let settings = all
            let error = await failure { _ = try await fixture.chain { $0 = settings }.credentials() }
            #expect(error?.code == .accessDenied)
        }
    }

    // MARK: Renewal

    @Test func `all callers wait for one search`() async throws {
        let time = ManualTime(0)
        let source = Source(time)
        source.state.withLock { $0.isHeld = true }
        let chain = chain([source], time)
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<50 { group.addTask { try await chain.credentials().accessKeyID } }
            await source.untilAsked(1)
            source.release()
            for try await id in group { #expect(id == "id1") }
        }
        #expect(source.calls == 1)
    }

    @Test func `the old credentials serve while the next are looked for`() async throws {
        let time = ManualTime(0)
        let source = Source(time)
        let chain = chain([source], time)
        #expect(try await chain.credentials().accessKeyID == "id1")
        time.advance(by: 3299)
        #expect(try await chain.credentials().accessKeyID == "id1")
        #expect(source.calls == 1)

        // Five minutes before the expiry: the search begins, and nobody waits for it.
        source.state.withLock { $0.isHeld = true }
        time.advance(by: 1)
        for _ in 0..<10 { #expect(try await chain.credentials().accessKeyID == "id1") }
        await source.untilAsked(2)
        #expect(try await chain.credentials().accessKeyID == "id1")
        source.release()
        while try await chain.credentials().accessKeyID == "id1" { await Task.yield() }
        #expect(try await chain.credentials().accessKeyID == "id2")
        #expect(source.calls == 2)
    }

    @Test func `a failed renewal is repeated, and the old credentials serve until they expire`() async throws {
        let time = ManualTime(0)
        let source = Source(time)
        let chain = chain([source], time)
        _ = try await chain.credentials()
        source.state.withLock { $0.error = DynamoDBError(code: .unavailable, message: "Down.") }
        time.advance(by: 3300)
        #expect(try await chain.credentials().accessKeyID == "id1")
        await source.untilAsked(2)
        time.advance(by: 299)
        #expect(try await chain.credentials().accessKeyID == "id1")
        time.advance(by: 1)
        await expectFailure(.unavailable) { _ = try await chain.credentials() }
        let calls = source.calls
        #expect(calls >= 2)
        // For five seconds that is the answer; then the place is asked again, and is there.
        await expectFailure(.unavailable) { _ = try await chain.credentials() }
        #expect(source.calls == calls)
        source.state.withLock { $0.error = nil }
        time.advance(by: 5)
        #expect(try await chain.credentials().accessKeyID == "id\(calls + 1)")
    }

    @Test func `expired credentials are not given out`() async throws {
        let time = ManualTime(0)
        let source = Source(time)
        source.state.withLock { $0.lifetime = 0 }
        let chain = chain([source], time)
        await expectFailure(.unavailable) { _ = try await chain.credentials() }
    }

    @Test func `refused credentials are replaced once`() async throws {
        let time = ManualTime(0)
        let source = Source(time)
        let chain = chain([source], time)
        let first = try await chain.credentials()
        let second = try #require(try await chain.replacement(for: first))
        #expect(second.accessKeyID == "id2")
        // Another call that was refused with the first ones gets those that are there by now.
        #expect(try await chain.replacement(for: first) == second)
        #expect(source.calls == 2)
    }

    @Test func `the same credentials again are no replacement`() async throws {
        let time = ManualTime(0)
        let source = Source(time)
        source.state.withLock { $0.isConstant = true }
        let chain = chain([source], time)
        let first = try await chain.credentials()
        #expect(try await chain.replacement(for: first) == nil)
        #expect(try await chain.replacement(for: first) == nil)
        #expect(source.calls == 2)
        time.advance(by: 5)
        #expect(try await chain.replacement(for: first) == nil)
        #expect(source.calls == 3)
    }

    // MARK: In use

    /// A DynamoDB that takes one access key.
    private static func dynamoDB(_ accepted: borrowing Mutex<String>, _ request: ScriptedServer.Request)
        -> ScriptedServer.Reaction
    {
        let authorization = request.headers["authorization"] ?? ""
        guard authorization.contains("Credential=\(accepted.withLock { $0 })/") else {
            return .answer(
                status: 400,
                body: "{\"__type\":\"com.amazon.coral.service#ExpiredTokenException\",\"message\":\"Expired.\"}"
            )
        }
        return .answer(status: 200, body: "{}")
    }

    @Test func `expired credentials recover without a restart`() async throws {
        let accepted = Box("AKIA1")
        let react = { @Sendable (request: ScriptedServer.Request) -> ScriptedServer.Reaction in
            Self.dynamoDB(accepted.value, request)
        }
        let keys = { (id: String) in "[default]\naws_access_key_id=\(id)\naws_secret_access_key=s\naws_session_token=t"
        }
        try await Fixture.with(files: ["/credentials": keys("AKIA1")], react) { fixture in
            let client = fixture.client(fixture.chain { $0.credentialsFile = "/credentials" })
            try await client.put([:], table: "t", deadline: .now + .seconds(20))

            // Nothing new is there yet: the call fails at once, and says why.
            accepted.value.withLock { $0 = "AKIA2" }
            let error = await failure { try await client.put([:], table: "t", deadline: .now + .seconds(20)) }
            #expect(error?.code == .accessDenied)
            #expect(error?.exception == "ExpiredTokenException")

            fixture.files.set("/credentials", keys("AKIA2"))
            fixture.time.advance(by: 5)
            try await client.put([:], table: "t", deadline: .now + .seconds(20))
        }
    }

    @Test func `a wrong clock is corrected from the answer`() async throws {
        // The service is one hour ahead of this host, and takes five minutes either way.
        let react = { @Sendable (request: ScriptedServer.Request) -> ScriptedServer.Reaction in
            request.headers["x-amz-date"]?.hasPrefix("20150830T1336") == true
                ? .answer(status: 200, body: "{}")
                : .answer(
                    status: 400,
                    headers: ["Date: Sun, 30 Aug 2015 13:36:00 GMT"],
                    body: "{\"__type\":\"x#InvalidSignatureException\",\"message\":\"Signature expired.\"}"
                )
        }
        try await Fixture.with(react) { fixture in
            let clock = fixture.clock
            let client = fixture.client(
                StaticCredentials(Credentials(accessKeyID: "id", secretAccessKey: "secret")),
                clock: clock
            )
            try await client.put([:], table: "t", deadline: .now + .seconds(20))
            #expect(clock.offset == 3600)
            #expect(fixture.server.requests.count == 2)
            try await client.put([:], table: "t", deadline: .now + .seconds(20))
            #expect(fixture.server.requests.count == 3)
        }
    }

    @Test func `a request refused for its signature, with the right time, is not repeated`() async throws {
        let react = { @Sendable (_: ScriptedServer.Request) -> ScriptedServer.Reaction in
            .answer(
                status: 400,
                headers: ["Date: Sun, 30 Aug 2015 12:36:59 GMT"],
                body: "{\"__type\":\"x#InvalidSignatureException\",\"message\":\"No.\"}"
            )
        }
        try await Fixture.with(react) { fixture in
            let client = fixture.client(StaticCredentials(Credentials(accessKeyID: "id", secretAccessKey: "secret")))
            let error = await failure { try await client.put([:], table: "t", deadline: .now + .seconds(20)) }
            #expect(error?.code == .accessDenied)
            #expect(fixture.server.requests.count == 1)
        }
    }

    private final class Box: Sendable {
        let value: Mutex<String>

        init(_ value: String) {
            self.value = Mutex(value)
        }
    }
}
