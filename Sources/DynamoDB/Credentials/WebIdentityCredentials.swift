internal import Bytes
package import HTTPTransport

/// A role that is assumed with a token of another identity provider, such as that of a Kubernetes service account on
/// EKS.
///
/// [AssumeRoleWithWebIdentity](https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html):
/// the token is the proof, so the request is not signed. The file is read each time, because Kubernetes renews it.
package struct WebIdentityCredentials: CredentialsSource {
    package let name = "web identity (AWS_WEB_IDENTITY_TOKEN_FILE)"
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
        guard let tokenFile = settings.webIdentityTokenFile else { return nil }
        guard let role = settings.roleARN else {
            throw DynamoDBError(
                code: .accessDenied,
                message: "A web identity token file is given without a role (AWS_ROLE_ARN)."
            )
        }
        return try await assume(role, sessionName: settings.roleSessionName, tokenFile: tokenFile)
    }

    /// Assumes the role.
    func assume(_ role: String, sessionName: String?, tokenFile: String) async throws(DynamoDBError) -> Credentials {
        guard let token = readFile(tokenFile).map({ $0.filter { !$0.isWhitespace } }), !token.isEmpty else {
            throw DynamoDBError(code: .unavailable, message: "\(tokenFile) holds no web identity token.")
        }
        let form = [
            ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", role),
            ("RoleSessionName", sessionName ?? "clockwork"), ("WebIdentityToken", token),
        ]
        let endpoint = settings.tokenServiceEndpoint ?? RegionalEndpoint.url(service: "sts", region: settings.region)
        let service = "The security token service"
        let response = try await http.ask(
            service,
            HTTPRequest(
                method: "POST",
                url: "\(endpoint)/",
                headers: [HTTPHeader("content-type", "application/x-www-form-urlencoded")],
                body: PercentEncoding.form(form),
                timeout: .seconds(5)
            )
        )
        let answer = XMLElement(response.body)
        guard response.status == 200 else {
            let code = answer?["Error"]?["Code"]?.text.filter { $0.isASCII && $0.isLetter }.prefix(100)
            // The service could not reach the issuer of the token. According to its documentation, the request should
            // be repeated.
            let isPassing = code == "IDPCommunicationError" || code?.hasPrefix("Throttling") == true
            throw DynamoDBError(
                code: isPassing ? .unavailable : .accessDenied,
                exception: code.map(String.init),
                message: "\(service) does not give the role \(role) to the web identity (status \(response.status))."
            )
        }
        let found = answer?["AssumeRoleWithWebIdentityResult"]?["Credentials"]
        guard answer?.name == "AssumeRoleWithWebIdentityResponse", let id = found?["AccessKeyId"]?.text,
            let secret = found?["SecretAccessKey"]?.text, let token = found?["SessionToken"]?.text,
            let expiration = (found?["Expiration"]?.text).flatMap(RFC3339.epochSeconds)
        else { throw DynamoDBError(code: .unavailable, message: "\(service) gave an answer that cannot be read.") }
        let credentials = Credentials(
            accessKeyID: id,
            secretAccessKey: secret,
            sessionToken: token,
            expiresAt: expiration
        )
        guard credentials.isUsable else {
            throw DynamoDBError(code: .unavailable, message: "\(service) gave credentials that cannot be used.")
        }
        return credentials
    }
}
