package import HTTPTransport

/// The role of the EC2 instance, from version 2 of its metadata service: a token is requested first, and gives access
/// to the rest.
///
/// [Use IMDS](https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html). Version 1 answers
/// anybody without a token, and is not used.
package struct InstanceCredentials: CredentialsSource {
    package let name = "instance metadata (AWS_EC2_METADATA_DISABLED)"
    private let settings: CredentialsSettings
    private let http: HTTPClient

    package init(settings: CredentialsSettings, http: HTTPClient) {
        self.settings = settings
        self.http = http
    }

    package func load() async throws(DynamoDBError) -> Credentials? {
        guard !settings.isInstanceMetadataDisabled else { return nil }
        let token: [UInt8]
        do {
            token = try await ask(
                "PUT",
                "/latest/api/token",
                HTTPHeader("x-aws-ec2-metadata-token-ttl-seconds", "60"),
                missing: "gives no token"
            )
        } catch  where error.code == .unavailable {
            // There is no such service: most hosts are not instances.
            return nil
        }
        let opened = HTTPHeader("x-aws-ec2-metadata-token", String(decoding: token, as: UTF8.self))
        let path = "/latest/meta-data/iam/security-credentials/"
        let roles = try await ask("GET", path, opened, missing: "knows no role of this instance")
        let role = String(decoding: roles, as: UTF8.self).prefix { !$0.isNewline }
        let document = try await ask("GET", path + role, opened, missing: "has no credentials for the role \(role)")
        guard let credentials = Credentials(document: document) else {
            throw DynamoDBError(code: .unavailable, message: "\(Self.service) gave an answer that cannot be read.")
        }
        return credentials
    }

    private static let service = "The instance metadata service"

    /// On an instance the service answers within milliseconds; elsewhere nothing answers.
    private func ask(
        _ method: String,
        _ path: String,
        _ header: HTTPHeader,
        missing: String
    ) async throws(DynamoDBError) -> [UInt8] {
        let response = try await http.ask(
            Self.service,
            HTTPRequest(
                method: method,
                url: settings.instanceMetadataEndpoint + path,
                headers: [header],
                timeout: .seconds(1)
            )
        )
        guard response.status == 200, !response.body.isEmpty else {
            throw DynamoDBError(
                code: .accessDenied,
                message: "\(Self.service) \(missing) (status \(response.status))."
            )
        }
        return response.body
    }
}
