/// The settings of a `CredentialsChain`: one field for each variable that the AWS SDKs read.
public struct CredentialsSettings: Sendable, Equatable, CustomReflectable {
    /// The region whose security token service is asked.
    public var region: String
    /// `AWS_PROFILE`; `nil` is the profile `default`, which need not exist.
    public var profile: String?
    /// `AWS_SHARED_CREDENTIALS_FILE`, or its default path.
    public var credentialsFile: String?
    /// `AWS_CONFIG_FILE`, or its default path.
    public var configFile: String?
    /// `AWS_WEB_IDENTITY_TOKEN_FILE`.
    public var webIdentityTokenFile: String?
    /// `AWS_ROLE_ARN`.
    public var roleARN: String?
    /// `AWS_ROLE_SESSION_NAME`.
    public var roleSessionName: String?
    /// `AWS_ENDPOINT_URL_STS`, in place of the region's own.
    public var tokenServiceEndpoint: String?
    /// `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`.
    public var containerRelativeURI: String?
    /// `AWS_CONTAINER_CREDENTIALS_FULL_URI`.
    public var containerFullURI: String?
    /// `AWS_CONTAINER_AUTHORIZATION_TOKEN`; a secret.
    public var containerToken: String?
    /// `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`.
    public var containerTokenFile: String?
    /// `AWS_EC2_METADATA_DISABLED`.
    public var isInstanceMetadataDisabled = false
    /// `AWS_EC2_METADATA_SERVICE_ENDPOINT`.
    public var instanceMetadataEndpoint = "http://169.254.169.254"

    /// No setting but the address of the instance's metadata service, and the region.
    public init(region: String) {
        self.region = region
    }

    /// Has no children, because there may be a token.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Addresses of services by region.
public enum RegionalEndpoint {
    /// The base URL of a service in a region; `service` is the first label of the host name. Regions in China have
    /// another domain.
    public static func url(service: String, region: String) -> String {
        "https://\(service).\(region).amazonaws.com\(region.hasPrefix("cn-") ? ".cn" : "")"
    }
}
