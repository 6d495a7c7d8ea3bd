import Bytes
import DynamoDB
import HTTPTransport
import Logging
import ScriptedServer
import Synchronization
import Testing

/// A clock that a test sets.
final class ManualTime: Sendable {
    private let seconds: Mutex<Int64>

    init(_ seconds: Int64) {
        self.seconds = Mutex(seconds)
    }

    var now: Int64 { seconds.withLock { $0 } }

    func advance(by seconds: Int64) {
        self.seconds.withLock { $0 += seconds }
    }
}

/// Files that a test may change, in place of the disk's.
final class ManualFiles: Sendable {
    private let texts: Mutex<[String: String]>

    init(_ texts: [String: String] = [:]) {
        self.texts = Mutex(texts)
    }

    func text(_ path: String) -> String? { texts.withLock { $0[path] } }

    func set(_ path: String, _ text: String) {
        texts.withLock { $0[path] = text }
    }
}

/// A chain of the real places, over a scripted service, at 2015-08-30T12:36:00Z.
struct CredentialsFixture {
    static let start: Int64 = 1_440_938_160

    let server: ScriptedServer
    let time = ManualTime(start)
    let files: ManualFiles
    private let http: HTTPClient

    /// Runs `body` with a server that answers as told.
    static func with(
        files: [String: String] = [:],
        _ react: @escaping @Sendable (ScriptedServer.Request) -> ScriptedServer.Reaction,
        _ body: (CredentialsFixture) async throws -> Void
    ) async throws {
        let server = ScriptedServer(react)
        defer { server.stop() }
        let http = try HTTPClient()
        defer { http.close() }
        try await body(CredentialsFixture(server: server, files: ManualFiles(files), http: http))
    }

    /// A chain; without `change` nothing but the metadata service of an instance is there, and that is left out.
    func chain(_ change: (inout CredentialsSettings) -> Void) -> CredentialsChain {
        var settings = CredentialsSettings(region: "eu-central-1")
        settings.isInstanceMetadataDisabled = true
        settings.tokenServiceEndpoint = server.url
        change(&settings)
        return CredentialsChain(settings: settings, http: http, clock: clock, logger: silent, readFile: files.text)
    }

    /// A client of a DynamoDB at the same server.
    func client(_ credentials: any CredentialsProvider, clock: ServiceClock? = nil) -> DynamoDBClient {
        var configuration = DynamoDBClient.Configuration(endpoint: server.url, region: "eu-central-1")
        configuration.backoff = Backoff(base: .milliseconds(1), cap: .milliseconds(10))
        return DynamoDBClient(
            configuration: configuration,
            credentials: credentials,
            clock: clock ?? self.clock,
            http: http,
            logger: silent
        )
    }

    var clock: ServiceClock { ServiceClock(system: { [time] in time.now }) }

    private var silent: Logger { Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }) }

    /// A document as the metadata services give it; it expires so many seconds after the start.
    static func document(_ id: String, expiresIn seconds: Int64) -> String {
        """
        {"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": "\(id)", "SecretAccessKey": "secret-\(id)",
         "Token": "token-\(id)", "Expiration": "\(isoTime(start + seconds))"}
        """
    }

    /// An answer of the security token service.
    static func assumedRole(_ id: String, expiresIn seconds: Int64) -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
          <AssumeRoleWithWebIdentityResult>
            <SubjectFromWebIdentityToken>system:serviceaccount:a&amp;b</SubjectFromWebIdentityToken>
            <PackedPolicySize/>
            <Credentials>
              <SessionToken>token-\(id)</SessionToken><SecretAccessKey>secret-\(id)</SecretAccessKey>
              <Expiration>\(isoTime(start + seconds))</Expiration><AccessKeyId>\(id)</AccessKeyId>
            </Credentials>
          </AssumeRoleWithWebIdentityResult>
        </AssumeRoleWithWebIdentityResponse>
        """
    }

    private static func isoTime(_ time: Int64) -> String {
        let text = Array(RFC3339.basic(epochSeconds: time))
        func part(_ range: Range<Int>) -> String { String(text[range]) }
        return "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(9..<11)):\(part(11..<13)):\(part(13..<15))Z"
    }
}

/// The error that `body` throws.
func failure(_ body: () async throws -> Void) async -> DynamoDBError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? DynamoDBError
    }
}

/// Expects `body` to fail in this way.
func expectFailure(
    _ code: DynamoDBError.Code,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async {
    let error = await failure(body)
    #expect(error?.code == code, sourceLocation: sourceLocation)
}
