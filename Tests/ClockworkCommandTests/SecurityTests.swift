import ClockworkService
import Foundation
import Kafka
import Logging
import ScriptedServer
import Testing

@testable import clockwork

/// The properties that `docs/security.md` shows, given to clients as a pod gives them; and tokens by OpenID Connect.
@Suite struct SecurityTests {
    /// The blocks of properties of the document, in order.
    private static func blocks() throws -> [String] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "docs/security.md"), encoding: .utf8)
        return text.components(separatedBy: "```properties\n").dropFirst().map { block in
            block.components(separatedBy: "\n```")[0]
        }
    }

    private func properties(_ text: String, brokers: String = "127.0.0.1:1") throws -> KafkaProperties {
        let configuration = try ClockworkService.KafkaConfiguration(
            environment: ["KAFKA_BROKERS": brokers, "KAFKA_PROPERTIES_FILE": "file"],
            readFile: { _ in text }
        )
        return KafkaProperties(configuration)
    }

    @Test func `clients can be made with every block of properties that the document shows`() throws {
        let blocks = try Self.blocks()
        #expect(blocks.count == 6)
        var mechanisms: Set<String> = []
        for block in blocks {
            // The files are not here, but their properties have to be known.
            let lines = block.split(separator: "\n").map { line in
                line.contains(".location=") ? "\(line.prefix { $0 != "=" })=/dev/null" : String(line)
            }
            let files = lines.filter { $0.contains(".location=") }
            for name in files.compactMap({ $0.split(separator: "=").first }) {
                #expect(["ssl.ca.location", "ssl.certificate.location", "ssl.key.location"].contains(name))
            }
            let properties = try properties(lines.filter { !files.contains($0) }.joined(separator: "\n"))
            _ = try KafkaInspector(group: "security", properties: properties)
            let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
            _ = try KafkaProducer(properties: properties, logger: silent)
            if let mechanism = properties.get("sasl.mechanisms") { mechanisms.insert(mechanism) }
        }
        #expect(mechanisms == ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"])
    }

    private static func oauth(_ url: String) -> String {
        """
        security.protocol=SASL_PLAINTEXT
        sasl.mechanisms=OAUTHBEARER
        sasl.oauthbearer.method=oidc
        sasl.oauthbearer.client.id=clock work
        sasl.oauthbearer.client.secret=hunter2
        sasl.oauthbearer.token.endpoint.url=\(url)/token
        sasl.oauthbearer.scope=kafka all
        sasl.oauthbearer.extensions=logicalCluster=lkc-1,identityPoolId=pool-1
        """
    }

    private func tokens(_ url: String) throws -> OpenIDTokens {
        let lines = Self.oauth(url).split(separator: "\n").map { $0.split(separator: "=", maxSplits: 1) }
        var properties = KafkaProperties()
        for line in lines { properties.set(String(line[0]), to: String(line[1])) }
        let tokens = try #require(OpenIDTokens(takingFrom: &properties))
        #expect(properties == ["security.protocol": "SASL_PLAINTEXT", "sasl.mechanisms": "OAUTHBEARER"])
        #expect(!"\(tokens)".contains("hunter2"))
        return tokens
    }

    @Test func `a token is asked for with the client's id and secret`() async throws {
        let server = ScriptedServer { _ in
            .answer(status: 200, body: #"{"access_token": "a.b.c", "token_type": "Bearer", "expires_in": 300}"#)
        }
        defer { server.stop() }
        let token = try await tokens(server.url).fetch(now: 1_000).get()
        #expect(token.value == "a.b.c")
        #expect(token.expiresAtMilliseconds == 301_000)
        #expect(token.principal == "clock work")
        #expect(token.extensions.map(\.name) == ["logicalCluster", "identityPoolId"])
        #expect(token.extensions.map(\.value) == ["lkc-1", "pool-1"])
        let request = try #require(server.requests.first)
        #expect(request.line == "POST /token HTTP/1.1")
        #expect(request.text == "grant_type=client_credentials&scope=kafka%20all")
        let pair = Data("clock%20work:hunter2".utf8).base64EncodedString()
        #expect(request.headers["authorization"] == "Basic \(pair)")
    }

    @Test(arguments: [
        (401, #"{"error": "invalid_client", "error_description": "hunter2"}"#, "status 401 (invalid_client)"),
        (200, #"{"access_token": "a.b.c"}"#, "no access_token with expires_in"),
        (200, #"{"access_token": "a.b.c", "expires_in": -1}"#, "no access_token with expires_in"),
        (200, "<html>", "no access_token with expires_in"),
    ])
    func `an answer without a token is told, without secrets`(status: Int, body: String, reason: String) async throws {
        let server = ScriptedServer { _ in .answer(status: status, body: body) }
        defer { server.stop() }
        guard case .failure(let failure) = try await tokens(server.url).fetch() else {
            Issue.record("a token came")
            return
        }
        #expect(failure.reason.contains(reason), "\(failure.reason)")
        #expect(!failure.reason.contains("hunter2"))
    }

    @Test func `a client of Kafka fetches its token by itself`() throws {
        let server = ScriptedServer { _ in .answer(status: 401, body: #"{"error": "invalid_client"}"#) }
        defer { server.stop() }
        let inspector = try KafkaInspector(group: "security", properties: try properties(Self.oauth(server.url)))
        let error = #expect(throws: KafkaError.self) { try inspector.brokerCount(timeout: .seconds(3)) }
        #expect(error?.message.contains("invalid_client") == true, "\(String(describing: error))")
        #expect(server.requests.count >= 1)
    }
}
