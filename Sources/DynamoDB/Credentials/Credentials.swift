/// What a request to Amazon Web Services is signed with.
public struct Credentials: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// The public half of the key.
    public var accessKeyID: String
    /// The secret half of the key.
    public var secretAccessKey: String
    /// The token of temporary credentials.
    public var sessionToken: String?
    /// When they stop being accepted, in epoch seconds of the service's clock; `nil` where that is not known.
    public var expiresAt: Int64?

    /// Credentials from their parts.
    public init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil, expiresAt: Int64? = nil) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiresAt = expiresAt
    }

    /// Whether these are the same, whatever is known of their expiry.
    func hasKeys(of other: Credentials) -> Bool {
        (accessKeyID, secretAccessKey, sessionToken ?? "")
            == (other.accessKeyID, other.secretAccessKey, other.sessionToken ?? "")
    }

    /// Names the type only.
    public var description: String { "Credentials(…)" }

    /// The same as `description`, so that no debugger or log shows the secret.
    public var debugDescription: String { description }

    /// Nothing to look into.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Where requests get their credentials. Asked before every request, so it keeps what it has found for as long as that
/// is valid.
public protocol CredentialsProvider: Sendable {
    /// The credentials to sign a request with now.
    ///
    /// - Throws: `accessDenied` when there are none, `unavailable` when their source cannot be reached.
    func credentials() async throws(DynamoDBError) -> Credentials

    /// Others in place of credentials that the service has refused as expired or unknown; `nil` where there are none.
    ///
    /// - Throws: As `credentials()` does.
    func replacement(for refused: Credentials) async throws(DynamoDBError) -> Credentials?
}

extension CredentialsProvider {
    /// None.
    public func replacement(for refused: Credentials) async throws(DynamoDBError) -> Credentials? { nil }
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
