/// What a request is signed with: Amazon Web Services Signature Version 4.
///
/// libcurl computes the signature over the method, the path, the query, the body, `Host`, `X-Amz-Date` and every
/// header field of the request. libcurl 7.88 also signs fields that it then does not send (those with an empty
/// value), so a signed request must not have any.
public struct AWSSignature: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The region, as in `eu-central-1`.
    public var region: String
    /// The service's signing name, as in `dynamodb`.
    public var service: String
    /// The public half of the key.
    public var accessKeyID: String
    /// The secret half of the key.
    public var secretAccessKey: String
    /// The token of temporary credentials; sent and signed as `x-amz-security-token`.
    public var sessionToken: String?

    /// A signature from its parts.
    public init(
        region: String,
        service: String,
        accessKeyID: String,
        secretAccessKey: String,
        sessionToken: String? = nil
    ) {
        self.region = region
        self.service = service
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
    }

    /// Region and service; no credential.
    public var description: String { "AWSSignature(\(region), \(service))" }

    /// The same as `description`, so that no debugger or log shows the secret.
    public var debugDescription: String { description }
}
