internal import Bytes
internal import HTTPTransport

/// One place where credentials may be found.
package protocol CredentialsSource: Sendable {
    /// What it is called in logs and errors.
    var name: String { get }

    /// Credentials as they are now, or `nil` where this place is not set up.
    ///
    /// It asks once and gives up within five seconds; trying again is the caller's.
    ///
    /// - Throws: `accessDenied` when the place is set up and gives none, `unavailable` when it cannot be reached.
    func load() async throws(DynamoDBError) -> Credentials?
}

extension HTTPClient {
    /// Sends a request for credentials.
    ///
    /// - Parameter service: What is asked, as errors name it.
    /// - Throws: `unavailable` where there is no answer, or one of 5xx or 429.
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
    /// Credentials from the JSON document that container and instance metadata services give.
    ///
    /// - Returns: `nil` where it is not such a document, or one without credentials.
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

    /// Whether every part can stand in a header.
    var isUsable: Bool {
        [accessKeyID, secretAccessKey, sessionToken ?? "-"].allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy { 0x21...0x7E ~= $0 }
        }
    }
}
