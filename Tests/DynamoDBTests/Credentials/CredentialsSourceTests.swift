import HTTPTransport
import ScriptedServer
import Testing

@testable import DynamoDB

/// Each place that credentials come from, asked over real HTTP.
@Suite struct CredentialsSourceTests {
    private typealias Fixture = CredentialsFixture

    // MARK: Web identity

    @Test func `a role is assumed with a web identity`() async throws {
        let react = { @Sendable (_: ScriptedServer.Request) -> ScriptedServer.Reaction in
            .answer(status: 200, body: Fixture.assumedRole("ASIA1", expiresIn: 3600))
        }
        try await Fixture.with(files: ["/token": "head.pay/load+==.sign\n"], react) { fixture in
            let chain = fixture.chain { settings in
                settings.webIdentityTokenFile = "/token"
                settings.roleARN = "arn:aws:iam::123456789012:role/pods"
                settings.roleSessionName = "pod-7"
            }
            let credentials = try await chain.credentials()
            #expect(credentials.accessKeyID == "ASIA1")
            #expect(credentials.secretAccessKey == "secret-ASIA1")
            #expect(credentials.sessionToken == "token-ASIA1")
            #expect(credentials.expiresAt == Fixture.start + 3600)

            let request = try #require(fixture.server.requests.first)
            #expect(request.line == "POST / HTTP/1.1")
            #expect(request.headers["content-type"] == "application/x-www-form-urlencoded")
            #expect(request.headers["authorization"] == nil)
            #expect(
                request.text
                    == "Action=AssumeRoleWithWebIdentity&Version=2011-06-15"
                    + "&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fpods&RoleSessionName=pod-7"
                    + "&WebIdentityToken=head.pay%2Fload%2B%3D%3D.sign"
            )
        }
    }

    @Test(arguments: [
        ("InvalidIdentityToken", 400, DynamoDBError.Code.accessDenied), ("AccessDenied", 403, .accessDenied),
        ("IDPCommunicationError", 400, .unavailable), ("Throttling", 400, .unavailable),
        ("InternalFailure", 500, .unavailable),
    ])
    func `a refused web identity is reported`(code: String, status: Int, kind: DynamoDBError.Code) async throws {
        let body = "<ErrorResponse><Error><Code>\(code)</Code><Message>head.psst</Message></Error></ErrorResponse>"
        try await Fixture.with(files: ["/token": "head.psst"], { _ in .answer(status: status, body: body) }) {
            fixture in
            let chain = fixture.chain { settings in
                settings.webIdentityTokenFile = "/token"
                settings.roleARN = "arn:aws:iam::1:role/r"
            }
            let error = await failure { _ = try await chain.credentials() }
            #expect(error?.code == kind)
            #expect(status == 500 || error?.exception == code)
            #expect(!"\(error, default: "")".contains("psst"))
        }
    }

    @Test func `an incomplete answer gives no credentials`() async throws {
        let right = Fixture.assumedRole("ASIA1", expiresIn: 3600)
        #expect(XMLElement(Array(right.utf8)) != nil)
        for wrong in [
            "", "<html>", right + "<more/>", right.replacing("ASIA1</AccessKeyId>", with: "</AccessKeyId>"),
            right.replacing("</Credentials>", with: ""), right.replacing("SecretAccessKey", with: "Secret"),
            right.replacing("2015-08-30", with: "soon"), "<!DOCTYPE x>" + right, right.replacing("token-", with: "a b"),
        ] {
            try await Fixture.with(files: ["/token": "t"], { _ in .answer(status: 200, body: wrong) }) { fixture in
                let chain = fixture.chain { settings in
                    settings.webIdentityTokenFile = "/token"
                    settings.roleARN = "arn:aws:iam::1:role/r"
                }
                let error = await failure { _ = try await chain.credentials() }
                #expect(error?.code == .unavailable, "\(wrong)")
            }
        }
    }

    @Test func `only plain documents are read`() {
        func text(_ document: String) -> String? { XMLElement(Array(document.utf8))?.text }
        #expect(text("<?xml version=\"1.0\"?>\n<a b=\"c\" >x &lt;&#x41;&#66;&amp;</a >\n") == "x <AB&")
        #expect(text("<a/>") == "")
        for wrong in [
            "<a>", "<a></b>", "<a>&nope;</a>", "<a>&#xD800;</a>", "<a><!-- x --></a>", "<a><![CDATA[x]]></a>", "a",
            "<a b=c></a>", "<a b=\"<\"/>", "<a/><a/>", "< a/>", "<a>&amp</a>",
            String(repeating: "<a>", count: 17) + String(repeating: "</a>", count: 17),
        ] {
            #expect(text(wrong) == nil, "\(wrong)")
        }
        #expect(XMLElement([0x3C, 0x61, 0x3E, 0xFF]) == nil)
    }

    // MARK: Container

    @Test func `the container's service is asked with its token`() async throws {
        let react = { @Sendable (_: ScriptedServer.Request) -> ScriptedServer.Reaction in
            .answer(status: 200, body: Fixture.document("ASIA2", expiresIn: 3600))
        }
        try await Fixture.with(files: ["/pod-token": "Bearer from-file\n"], react) { fixture in
            let chain = fixture.chain { settings in
                settings.containerFullURI = fixture.server.url + "/v1/credentials?x=1"
                settings.containerToken = "from-variable"
                settings.containerTokenFile = "/pod-token"
            }
            let found = try await chain.credentials()
            #expect(found.accessKeyID == "ASIA2")
            #expect(fixture.server.requests.first?.line == "GET /v1/credentials?x=1 HTTP/1.1")
            #expect(fixture.server.requests.first?.headers["authorization"] == "Bearer from-file")

            let second = fixture.chain { settings in
                settings.containerFullURI = fixture.server.url
                settings.containerToken = "from-variable"
            }
            let again = try await second.credentials()
            #expect(again.sessionToken == "token-ASIA2")
            #expect(fixture.server.requests.last?.headers["authorization"] == "from-variable")
        }
    }

    @Test func `the container's token goes nowhere else`() async throws {
        for right in [
            "https://example.com/x", "http://localhost/x", "http://127.1.2.3:80/", "http://[::1]:9/",
            "http://169.254.170.2/", "http://169.254.170.23/v1", "http://[fd00:ec2::23]/v1",
        ] {
            #expect(ContainerCredentials.isAllowed(right), "\(right)")
        }
        for wrong in [
            "http://example.com/", "http://localhost.example.com/", "http://localhost@example.com/",
            "http://localhost:x@example.com/", "http://[::1]@example.com/", "http://[::1]:1@example.com/",
            "http://128.0.0.1/", "http://127.0.0.1.example.com/", "http://169.254.169.254/", "ftp://localhost/",
            "http://127.0.0/", "http://[::2]/",
        ] {
            #expect(!ContainerCredentials.isAllowed(wrong), "\(wrong)")
        }
        try await Fixture.with({ _ in .hangUp }) { fixture in
            let error = await failure {
                _ = try await fixture.chain { $0.containerFullURI = "http://example.com/" }.credentials()
            }
            #expect(error?.code == .accessDenied)
        }
    }

    @Test(arguments: [(403, DynamoDBError.Code.accessDenied), (200, .unavailable), (503, .unavailable)])
    func `a container's service without credentials is reported`(status: Int, code: DynamoDBError.Code) async throws {
        try await Fixture.with({ _ in .answer(status: status, body: "{\"AccessKeyId\": \"A\"}") }) { fixture in
            let error = await failure {
                _ = try await fixture.chain { $0.containerFullURI = fixture.server.url }.credentials()
            }
            #expect(error?.code == code)
        }
    }

    // MARK: Instance

    @Test func `the instance is asked for a token first`() async throws {
        let react = { @Sendable (request: ScriptedServer.Request) -> ScriptedServer.Reaction in
            switch request.line {
            case "PUT /latest/api/token HTTP/1.1":
                request.headers["x-aws-ec2-metadata-token-ttl-seconds"] == nil
                    ? .answer(status: 400) : .answer(status: 200, body: "opener")
            case _ where request.headers["x-aws-ec2-metadata-token"] != "opener": .answer(status: 401)
            case "GET /latest/meta-data/iam/security-credentials/ HTTP/1.1": .answer(status: 200, body: "pods\n")
            case "GET /latest/meta-data/iam/security-credentials/pods HTTP/1.1":
                .answer(status: 200, body: Fixture.document("ASIA3", expiresIn: 21_600))
            default: .answer(status: 404)
            }
        }
        try await Fixture.with(react) { fixture in
            let chain = fixture.chain { settings in
                settings.isInstanceMetadataDisabled = false
                settings.instanceMetadataEndpoint = fixture.server.url
            }
            let found = try await chain.credentials()
            #expect(found.accessKeyID == "ASIA3")
            #expect(fixture.server.requests.count == 3)
        }
    }

    @Test func `an instance without a role has no credentials`() async throws {
        let react = { @Sendable (request: ScriptedServer.Request) -> ScriptedServer.Reaction in
            request.line.hasPrefix("PUT") ? .answer(status: 200, body: "opener") : .answer(status: 404)
        }
        try await Fixture.with(react) { fixture in
            let chain = fixture.chain { settings in
                settings.isInstanceMetadataDisabled = false
                settings.instanceMetadataEndpoint = fixture.server.url
            }
            await expectFailure(.accessDenied) { _ = try await chain.credentials() }
        }
    }

    @Test func `a host that is not an instance has no credentials`() async throws {
        try await Fixture.with({ _ in .hangUp }) { fixture in
            let chain = fixture.chain { settings in
                settings.isInstanceMetadataDisabled = false
                settings.instanceMetadataEndpoint = fixture.server.url
            }
            await expectFailure(.accessDenied) { _ = try await chain.credentials() }
        }
    }

    // MARK: Profile

    private static let files = [
        "/credentials": """
        # keys
        [default]
        aws_access_key_id = AKIA1
        aws_secret_access_key=se=cret/+

        [ blue ]
        AWS_ACCESS_KEY_ID = AKIA2
        aws_secret_access_key = blue
        aws_session_token = token
        [half]
        aws_access_key_id = AKIA3
        """,
        "/config": """
        [default]
        region = eu-west-1
        [profile blue]
        aws_access_key_id = ignored
        s3 =
          aws_session_token = nested
        [profile role]
        role_arn = arn:aws:iam::1:role/r
        web_identity_token_file = /token
        [profile chained]
        role_arn = arn:aws:iam::1:role/r
        source_profile = default
        [profile login]
        sso_session = corporate
        [profile program]
        credential_process = /bin/keys
        [profile region]
        region = eu-west-1
        """,
        "/token": "jwt",
    ]

    private func profile(_ name: String?) async throws -> (Credentials?, DynamoDBError?) {
        nonisolated(unsafe) var found: (Credentials?, DynamoDBError?)
        let react = { @Sendable (_: ScriptedServer.Request) -> ScriptedServer.Reaction in
            .answer(status: 200, body: Fixture.assumedRole("ASIA4", expiresIn: 900))
        }
        try await Fixture.with(files: Self.files, react) { fixture in
            let chain = fixture.chain { settings in
                settings.profile = name
                settings.credentialsFile = "/credentials"
                settings.configFile = "/config"
            }
            found.1 = await failure { found.0 = try await chain.credentials() }
        }
        return found
    }

    @Test func `a profile has keys or a role`() async throws {
        let byDefault = try await profile(nil).0
        #expect(byDefault == Credentials(accessKeyID: "AKIA1", secretAccessKey: "se=cret/+"))
        let blue = try await profile("blue").0
        #expect(blue == Credentials(accessKeyID: "AKIA2", secretAccessKey: "blue", sessionToken: "token"))
        #expect(try await profile("role").0?.accessKeyID == "ASIA4")
    }

    @Test(arguments: [
        ("none", "profile none is in neither"), ("half", "profile half are incomplete"), ("chained", "has role_arn"),
        ("login", "has sso_session"), ("program", "has credential_process"), ("region", "There are no credentials"),
    ])
    func `a profile without credentials is named`(name: String, reason: String) async throws {
        let error = try #require(try await profile(name).1)
        #expect(error.code == .accessDenied)
        #expect(error.message.contains(reason))
    }
}
