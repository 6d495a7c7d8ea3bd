/// The credentials that sign a request to Amazon Web Services.
public struct Credentials: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// The public half of the key.
    public var accessKeyID: String
    /// The secret half of the key.
    public var secretAccessKey: String
    /// The token of temporary credentials.
    public var sessionToken: String?
    /// When they expire, in epoch seconds of the service's clock; `nil` if that is not known.
    public var expiresAt: Int64?

    /// Credentials from their parts.
    public init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil, expiresAt: Int64? = nil) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiresAt = expiresAt
    }

    /// Whether the keys are the same, whatever their expiry.
    func hasKeys(of other: Credentials) -> Bool {
        (accessKeyID, secretAccessKey, sessionToken ?? "")
            == (other.accessKeyID, other.secretAccessKey, other.sessionToken ?? "")
    }

    /// Names the type only.
    public var description: String { "Credentials(…)" }

    /// The same as `description`, so that no debugger or log shows the secret.
    public var debugDescription: String { description }

    /// Has no children, so a dump shows nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A source of credentials for requests. It is asked before every request, so it keeps credentials while they are
/// valid.
public protocol CredentialsProvider: Sendable {
    /// The credentials for a request that is signed now.
    ///
    /// - Throws: `accessDenied` if there are none, `unavailable` if their source cannot be reached.
    func credentials() async throws(DynamoDBError) -> Credentials

    /// Replaces credentials that the service has refused as expired or unknown; `nil` if there are no others.
    ///
    /// - Throws: As `credentials()` does.
    func replacement(for refused: Credentials) async throws(DynamoDBError) -> Credentials?
}

extension CredentialsProvider {
    /// No other credentials.
    public func replacement(for refused: Credentials) async throws(DynamoDBError) -> Credentials? { nil }
}

/// Credentials that do not change.
public struct StaticCredentials: CredentialsProvider {
    private let value: Credentials

    /// Credentials that are always `value`.
    public init(_ value: Credentials) {
        self.value = value
    }

    /// The credentials given at the start.
    public func credentials() -> Credentials { value }
}
