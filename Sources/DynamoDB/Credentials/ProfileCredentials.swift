package import HTTPTransport

/// A profile of the shared files: keys, or a role with a web identity token.
///
/// The files are read each time, so nothing has to be restarted after new keys are written into them. A profile that
/// logs in somewhere or runs a program is not suitable for a service. It is refused with an error that names the
/// reason.
package struct ProfileCredentials: CredentialsSource {
    package let name = "profile (AWS_PROFILE)"
    private let settings: CredentialsSettings
    private let webIdentity: WebIdentityCredentials
    private let readFile: @Sendable (String) -> String?

    package init(
        settings: CredentialsSettings,
        http: HTTPClient,
        readFile: @escaping @Sendable (String) -> String?
    ) {
        self.settings = settings
        webIdentity = WebIdentityCredentials(settings: settings, http: http, readFile: readFile)
        self.readFile = readFile
    }

    package func load() async throws(DynamoDBError) -> Credentials? {
        let name = settings.profile ?? "default"
        guard let profile = SharedProfile(name: name, settings: settings, readFile: readFile) else {
            guard settings.profile != nil else { return nil }
            throw DynamoDBError(code: .accessDenied, message: "The profile \(name) is in neither of the shared files.")
        }
        if let role = profile["role_arn"], let tokenFile = profile["web_identity_token_file"] {
            return try await webIdentity.assume(role, sessionName: profile["role_session_name"], tokenFile: tokenFile)
        }
        for unsupported in ["role_arn", "credential_process", "sso_session", "sso_start_url"]
        where profile[unsupported] != nil {
            let message = "The profile \(name) has \(unsupported), which is not supported without a token file."
            throw DynamoDBError(code: .accessDenied, message: message)
        }
        guard profile["aws_access_key_id"] != nil || profile["aws_secret_access_key"] != nil else { return nil }
        let credentials = Credentials(
            accessKeyID: profile["aws_access_key_id"] ?? "",
            secretAccessKey: profile["aws_secret_access_key"] ?? "",
            sessionToken: profile["aws_session_token"]
        )
        guard credentials.isUsable else {
            throw DynamoDBError(code: .accessDenied, message: "The keys of the profile \(name) are incomplete.")
        }
        return credentials
    }
}
