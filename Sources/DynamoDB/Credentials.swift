/// What a request to Amazon Web Services is signed with.
public struct Credentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The public half of the key.
    public var accessKeyID: String
    /// The secret half of the key.
    public var secretAccessKey: String
    /// The token of temporary credentials.
    public var sessionToken: String?

    /// Credentials from their parts.
    public init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
    }

    /// Names the type only.
    public var description: String { "Credentials(…)" }

    /// The same as `description`, so that no debugger or log shows the secret.
    public var debugDescription: String { description }
}

/// A source of credentials. Asked before every request, so it keeps what it has found for as long as that is valid.
public protocol CredentialsProvider: Sendable {
    /// The credentials to sign a request with now.
    ///
    /// - Throws: `accessDenied` when there are none, `unavailable` when their source cannot be reached.
    func credentials() async throws(DynamoDBError) -> Credentials
}

/// Credentials that do not change.
public struct StaticCredentials: CredentialsProvider {
    private let value: Credentials

    /// Always gives `value`.
    public init(_ value: Credentials) {
        self.value = value
    }

    /// The credentials given at the start.
    public func credentials() -> Credentials { value }
}
