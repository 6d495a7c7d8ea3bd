package import HTTPTransport

/// The credentials service that ECS and EKS Pod Identity run beside a container.
///
/// [Container credential
/// provider](https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html)
package struct ContainerCredentials: CredentialsSource {
    package let name = "container (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, AWS_CONTAINER_CREDENTIALS_FULL_URI)"
    private let settings: CredentialsSettings
    private let http: HTTPClient
    private let readFile: @Sendable (String) -> String?

    package init(
        settings: CredentialsSettings,
        http: HTTPClient,
        readFile: @escaping @Sendable (String) -> String?
    ) {
        self.settings = settings
        self.http = http
        self.readFile = readFile
    }

    package func load() async throws(DynamoDBError) -> Credentials? {
        let url: String
        if let path = settings.containerRelativeURI {
            url = "http://169.254.170.2\(path)"
        } else if let full = settings.containerFullURI {
            guard Self.isAllowed(full) else {
                throw DynamoDBError(
                    code: .accessDenied,
                    message: "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https:// nor one of the container's hosts."
                )
            }
            url = full
        } else {
            return nil
        }
        let service = "The container's credentials service"
        var headers: [HTTPHeader] = []
        if let file = settings.containerTokenFile {
            guard let token = readFile(file).map({ $0.filter { !$0.isNewline } }), !token.isEmpty else {
                throw DynamoDBError(
                    code: .unavailable,
                    message: "\(file) holds no token for the container's credentials service."
                )
            }
            headers.append(HTTPHeader("authorization", token))
        } else if let token = settings.containerToken {
            headers.append(HTTPHeader("authorization", token))
        }
        let response = try await http.ask(
            service,
            HTTPRequest(method: "GET", url: url, headers: headers, timeout: .seconds(2))
        )
        guard response.status == 200 else {
            let message = "\(service) refuses with status \(response.status)."
            throw DynamoDBError(code: .accessDenied, message: message)
        }
        guard let credentials = Credentials(document: response.body) else {
            throw DynamoDBError(code: .unavailable, message: "\(service) gave an answer that cannot be read.")
        }
        return credentials
    }

    /// Without TLS, the token and the credentials may only go to this host or to the addresses of ECS and EKS.
    static func isAllowed(_ url: String) -> Bool {
        if url.hasPrefix("https://") { return true }
        guard url.hasPrefix("http://") else { return false }
        let authority = url.dropFirst("http://".count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.contains("@") else { return false }
        if authority.hasPrefix("[") {
            return ["[::1]", "[fd00:ec2::23]"].contains(authority.prefix { $0 != "]" }.lowercased() + "]")
        }
        let host = authority.prefix { $0 != ":" }
        if host == "localhost" || host == "169.254.170.2" || host == "169.254.170.23" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
