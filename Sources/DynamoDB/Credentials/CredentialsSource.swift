internal import Bytes
internal import HTTPTransport

/// A place where credentials may be found.
package protocol CredentialsSource: Sendable {
    /// Its name in logs and errors.
    var name: String { get }

    /// The present credentials, or `nil` if this place is not set up.
    ///
    /// It asks once and gives up within five seconds. The caller repeats the attempt.
    ///
    /// - Throws: `accessDenied` if the place is set up and gives none, `unavailable` if it cannot be reached.
    func load() async throws(DynamoDBError) -> Credentials?
}

extension HTTPClient {
    /// Sends a request for credentials.
    ///
    /// - Parameter service: The name of the service in errors.
    /// - Throws: `unavailable` if there is no answer, or one with status 5xx or 429.
    func ask(_ service: String, _ request: HTTPRequest) async throws(DynamoDBError) -> HTTPResponse {
        let response: HTTPResponse
        do {
            response = try await send(request)
        } catch  where error.code == .cancelled {
            throw .cancelled
        } catch {
            throw DynamoDBError(code: .unavailable, message: "\(service) cannot be reached: \(error.message)")
        }
        guard response.status < 500, response.status != 429 else {
            throw DynamoDBError(code: .unavailable, message: "\(service) answered with status \(response.status).")
        }
        return response
    }
}

extension Credentials {
    /// Credentials from the JSON document that the services of containers and instances give.
    ///
    /// - Returns: `nil` if it is not such a document, or has no credentials.
    init?(document: [UInt8]) {
        var members: [String: String] = [:]
        let answer: Void? = AnswerReader.read(document) { (reader) throws(JSONError) in
            try reader.readObject { (reader, name) throws(JSONError) in
                switch name {
                case "Code", "AccessKeyId", "SecretAccessKey", "Token", "Expiration":
                    members[name.makeString()] = try reader.readString()
                default: try reader.skipValue()
                }
            }
        }?.output
        guard answer != nil else { return nil }
        guard members["Code"] ?? "Success" == "Success", let id = members["AccessKeyId"],
            let secret = members["SecretAccessKey"], let token = members["Token"],
            let expiration = members["Expiration"].flatMap(RFC3339.epochSeconds)
        else { return nil }
        self.init(accessKeyID: id, secretAccessKey: secret, sessionToken: token, expiresAt: expiration)
        guard isUsable else { return nil }
    }

    /// Whether every part may be used in a header.
    var isUsable: Bool {
        [accessKeyID, secretAccessKey, sessionToken ?? "-"].allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy { 0x21...0x7E ~= $0 }
        }
    }
}
