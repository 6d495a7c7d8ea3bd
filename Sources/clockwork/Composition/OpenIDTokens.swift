import Bytes
import ClockworkService
import Dispatch
import DynamoDB
import HTTPTransport
import Kafka
import Scheduling
import Synchronization

/// Tokens for Kafka from an OpenID Connect provider, for the client's own id and secret.
///
/// The properties are librdkafka's. It can do this itself only where it was built with libcurl, which Debian's is not.
/// [RFC 6749, section 4.4](https://www.rfc-editor.org/rfc/rfc6749#section-4.4)
struct OpenIDTokens: Sendable {
    private let endpoint: String
    private let clientID: String
    private let clientSecret: Secret
    private let scope: String?
    private let extensions: [(name: String, value: String)]

    /// Takes the properties that are meant for it out of those of a client; `nil` where they ask for no such tokens.
    init?(takingFrom properties: inout KafkaProperties) {
        guard properties.get("sasl.oauthbearer.method")?.lowercased() == "oidc" else { return nil }
        _ = properties.remove("sasl.oauthbearer.method")
        endpoint = properties.remove("sasl.oauthbearer.token.endpoint.url") ?? ""
        clientID = properties.remove("sasl.oauthbearer.client.id") ?? ""
        clientSecret = Secret(properties.remove("sasl.oauthbearer.client.secret") ?? "")
        scope = properties.remove("sasl.oauthbearer.scope")
        extensions = (properties.remove("sasl.oauthbearer.extensions") ?? "").split(separator: ",").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1)
            return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }
    }

    /// A source of these tokens, for clients that wait for them on a thread of their own.
    var source: KafkaTokenSource {
        KafkaTokenSource {
            let answer = Mutex<Result<KafkaToken, KafkaTokenFailure>?>(nil)
            let isThere = DispatchSemaphore(value: 0)
            Task {
                let result = await fetch()
                answer.withLock { $0 = result }
                isThere.signal()
            }
            isThere.wait()
            return answer.withLock { $0 } ?? .failure(KafkaTokenFailure(reason: "no token came"))
        }
    }

    /// Asks for a token, once.
    func fetch(now: Int64 = WallClock.now().rawValue) async -> Result<KafkaToken, KafkaTokenFailure> {
        do {
            return .success(try await token(now: now))
        } catch {
            return .failure(error)
        }
    }

    private func token(now: Int64) async throws(KafkaTokenFailure) -> KafkaToken {
        let response: HTTPResponse
        do throws(HTTPTransportError) {
            // A token is asked for once in some minutes, so no connection is kept.
            let http = try HTTPClient()
            defer { http.close() }
            response = try await http.send(request)
        } catch {
            throw KafkaTokenFailure(reason: "the token endpoint cannot be reached: \(error.message)")
        }
        let answer = JSONValue(response.body)
        guard response.status == 200 else {
            // RFC 6749, section 5.2: a code of the protocol's own, such as invalid_client.
            let code = answer?["error"]?.text?
                .filter { $0.isASCII && ($0.isLetter || $0 == "_") }.prefix(60)
            throw KafkaTokenFailure(
                reason: "the token endpoint answered with status \(response.status)\(code.map { " (\($0))" } ?? "")"
            )
        }
        guard let value = answer?["access_token"]?.text, !value.isEmpty,
            let seconds = answer?["expires_in"]?.integer, 1...31_536_000 ~= seconds
        else { throw KafkaTokenFailure(reason: "the token endpoint gave no access_token with expires_in") }
        return KafkaToken(
            value: value,
            expiresAtMilliseconds: now + seconds * 1000,
            principal: clientID,
            extensions: extensions
        )
    }

    private var request: HTTPRequest {
        var credentials = Array("Basic ".utf8)
        let pair = "\(PercentEncoding.formValue(clientID)):\(PercentEncoding.formValue(clientSecret.revealed))"
        Base64.encode(Array(pair.utf8), into: &credentials)
        var fields = [("grant_type", "client_credentials")]
        if let scope { fields.append(("scope", scope)) }
        return HTTPRequest(
            method: "POST",
            url: endpoint,
            headers: [
                HTTPHeader("accept", "application/json"),
                HTTPHeader("authorization", String(decoding: credentials, as: UTF8.self)),
                HTTPHeader("content-type", "application/x-www-form-urlencoded"),
            ],
            body: PercentEncoding.form(fields),
            timeout: .seconds(10)
        )
    }
}
