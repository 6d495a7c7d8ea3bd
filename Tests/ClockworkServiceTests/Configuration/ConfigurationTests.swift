import DynamoDB
import Logging
import Scheduling
import Testing

@testable import ClockworkService

@Suite struct ConfigurationTests {
    private static let least = ["KAFKA_BROKERS": "k1:9092", "SCHEDULE_STORE": "sqlite"]

    private func configuration(
        _ more: [String: String] = [:],
        file: String? = nil,
        files: [String: String] = [:]
    ) throws -> Configuration {
        try Configuration(
            environment: Self.least.merging(more) { $1 },
            file: file.map { Configuration.File(path: "pod.conf", text: $0) },
            hostName: "pod-0",
            readFile: { files[$0] }
        )
    }

    private func message(
        _ more: [String: String] = [:],
        file: String? = nil,
        files: [String: String] = [:]
    ) -> String {
        do {
            _ = try configuration(more, file: file, files: files)
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    // MARK: - Defaults and sources

    @Test func `everything but brokers has the documented default`() throws {
        let configuration = try configuration()
        #expect(configuration.kafka.brokers == "k1:9092")
        #expect(configuration.kafka.consumerGroup == "scheduler")
        #expect(configuration.kafka.intakeTopic == "schedule-create")
        #expect(configuration.kafka.deadLetterTopic == "schedule-dead-letters")
        #expect(configuration.kafka.staticMembership == false)
        #expect(configuration.kafka.properties.isEmpty)
        #expect(configuration.store == .sqlite(path: "clockwork.db"))
        #expect(configuration.api.host == "0.0.0.0")
        #expect(configuration.api.port == 5000)
        #expect(configuration.api.tokens == [])
        #expect(configuration.deliveryTopics == [])
        #expect(!configuration.callbacks.policy.allowsPrivate)
        #expect(configuration.callbacks.secrets == [])
        #expect(configuration.callbacks.certificateAuthorities == nil)
        #expect(configuration.horizon == .seconds(600))
        #expect(configuration.maxResidentSchedules == 100_000)
        #expect(configuration.keyRetention == .seconds(604_800))
        #expect(configuration.maxPayloadBytes == 358_400)
        #expect(configuration.logging == LoggingConfiguration(level: .info, format: .text))
        #expect(configuration.podName == "pod-0")
        #expect(configuration.elasticsearch == nil)
    }

    @Test func `each category of lines can have a level of its own`() throws {
        let logging = try configuration(["LOG_LEVEL_POD": "debug"], file: "log.level.kafka = error\n").logging
        #expect(logging.level == .info)
        #expect(logging.levels == [.pod: .debug, .kafka: .error])
        #expect(
            message(["LOG_LEVEL_STORE": "loud"])
                == #"LOG_LEVEL_STORE: "loud" is not accepted, only trace, debug, info, notice, warning, error or critical"#
        )
        #expect(message(file: "log.level.everything = debug\n").contains("is not a setting"))
    }

    @Test func `metrics are sent where Elasticsearch is named, and its password is never shown`() throws {
        let sent = try #require(
            try configuration([
                "ES_METRIC_URL": "https://elastic:s3cret@es.example:9200/", "ES_METRIC_INDEX": "m-1",
                "ES_METRIC_STEP": "10s",
            ]).elasticsearch
        )
        #expect(sent.url.revealed == "https://elastic:s3cret@es.example:9200")
        #expect(sent.index == "m-1")
        #expect(sent.step == .seconds(10))
        #expect(!"\(sent)".contains("s3cret"))
        let plain = try configuration(["ES_METRIC_URL": "http://es:9200"]).elasticsearch
        #expect(plain?.index == "clockwork-metrics")
        #expect(plain?.step == .seconds(60))
        for url in ["es:9200", "http://", "http://a b@es", "http://u:s3cret@", "http://u:s3cret@es/x?y", "ftp://es"] {
            let text = message(["ES_METRIC_URL": url])
            #expect(text.hasPrefix("ES_METRIC_URL: its value (not shown) is not accepted"), "\(text)")
        }
        for (name, value) in [("ES_METRIC_INDEX", "_x"), ("ES_METRIC_INDEX", "A"), ("ES_METRIC_STEP", "500ms")] {
            #expect(message([name: value]).hasPrefix("\(name): \"\(value)\" is not accepted"))
        }
    }

    @Test func `what callbacks are signed with and where they may go is read, and secrets are never shown`() throws {
        let callbacks = try configuration(
            [
                "CALLBACK_SIGNING_SECRET": "whsec_c2VjcmV0, two three", "CALLBACK_ALLOW_PRIVATE": "true",
                "CALLBACK_HOST_ALLOW": "a.test, *.b.test:8443", "CALLBACK_CA_FILE": "ca.pem",
            ],
            files: ["ca.pem": "-----BEGIN CERTIFICATE-----"]
        ).callbacks
        #expect(callbacks.secrets == [WebhookSecret("secret"), WebhookSecret("two"), WebhookSecret("three")])
        #expect("\(callbacks)".contains("secret") == "\(callbacks)".contains("secrets"))
        #expect(callbacks.certificateAuthorities == "ca.pem")
        let allowed = try ["http://a.test/", "https://x.b.test:8443/"].map { try #require(CallbackURL($0)) }
        #expect(allowed.allSatisfy { callbacks.policy.refusal(of: $0) == nil })
        #expect(callbacks.policy.refusal(of: try #require(CallbackURL("https://c.test/"))) != nil)
    }

    @Test(arguments: [
        ("CALLBACK_SIGNING_SECRET", "whsec_%"), ("CALLBACK_SIGNING_SECRET", "whsec_"),
        ("CALLBACK_SIGNING_SECRET", ", "),
        ("CALLBACK_ALLOW_PRIVATE", "yes"), ("CALLBACK_HOST_ALLOW", "https://a"), ("CALLBACK_HOST_ALLOW", "a,,b"),
        ("CALLBACK_CA_FILE", "nowhere.pem"),
    ])
    func `what does not say how callbacks are made is refused`(name: String, value: String) {
        let message = message([name: value])
        #expect(message.hasPrefix(name), "\(message)")
        #expect(!message.contains("whsec_%"))
    }

    @Test func `the API's address and tokens are read, and its tokens are never shown`() throws {
        let api = try configuration(["APP_HOST": "::1", "APP_PORT": "0", "API_TOKENS": "one, two"]).api
        #expect(api.host == "::1")
        #expect(api.port == 0)
        #expect(api.tokens == [Secret("one"), Secret("two")])
        #expect(!"\(api)".contains("one"))
        #expect(message(["APP_PORT": "65536"]).hasPrefix("APP_PORT: \"65536\" is not accepted"))
        #expect(message(["APP_PORT": "-1"]).hasPrefix("APP_PORT:"))
        #expect(
            message(["APP_PORT": "tcp://10.0.0.7:80"]).contains("a Service called app: set enableServiceLinks: false")
        )
        #expect(!message(["APP_PORT": "80/tcp"]).contains("Kubernetes"))
        #expect(message(["APP_HOST": "a b"]).hasPrefix("APP_HOST:"))
        #expect(message(["API_TOKENS": "hidden,"]).hasPrefix("API_TOKENS: its value (not shown) is not accepted"))
        #expect(!message(["API_TOKENS": "hid den"]).contains("hid den"))
    }

    @Test func `the environment wins over the file, and an empty variable is not set`() throws {
        let configuration = try configuration(
            ["HORIZON": "5m", "MAX_PAYLOAD_BYTES": ""],
            file: """
                # a comment
                horizon = 1h

                MAX_PAYLOAD_BYTES=1000
                kafka.consumer.group=blue#1=2
                """
        )
        #expect(configuration.horizon == .seconds(300))
        #expect(configuration.maxPayloadBytes == 1_000)
        #expect(configuration.kafka.consumerGroup == "blue#1=2")
    }

    @Test func `a file may end its lines as Windows does`() throws {
        let configuration = try configuration(file: "horizon=1h\r\npod.name=blue\r\n")
        #expect(configuration.horizon == .seconds(3_600))
        #expect(configuration.podName == "blue")
    }

    @Test func `a variable that is no setting is ignored, a name in the file is not`() throws {
        _ = try configuration(["HORIZONN": "5m", "PATH": "/bin"])
        #expect(message(file: "\n# x\nhorizn=5m").hasPrefix("pod.conf line 3: \"horizn\" is not a setting"))
        #expect(message(file: "Horizon=5m").contains("\"Horizon\" is not a setting"))
        #expect(message(file: "kafka.property.=5m").contains("is not a setting"))
    }

    @Test func `a line of the file must be a name and a value, once`() {
        #expect(message(file: "horizon 5m").hasPrefix("pod.conf line 1 has no '='"))
        #expect(message(file: "=5m").hasPrefix("pod.conf line 1 has no name"))
        #expect(message(file: "horizon=5m\nhorizon=6m").hasPrefix("pod.conf line 2 sets \"horizon\" again"))
        #expect(message(file: "horizon=5m\nHORIZON=6m").hasPrefix("pod.conf line 2 sets HORIZON again"))
    }

    // MARK: - Kafka

    @Test func `brokers are required and have hosts and ports`() throws {
        #expect(message(["KAFKA_BROKERS": ""]).hasPrefix("KAFKA_BROKERS is not set"))
        let text = "k1, SASL_SSL://k2.example:9093,[::1]:9092"
        #expect(try configuration(["KAFKA_BROKERS": text]).kafka.brokers == "k1,SASL_SSL://k2.example:9093,[::1]:9092")
        let wrongLists = [
            ",", "k1,", "k1:0", "k1:65536", "k1:x", "k1:+1", ":9092", "k 1", "http://k1:9092", "[]:1", "[::1",
        ]
        for wrong in wrongLists {
            #expect(message(["KAFKA_BROKERS": wrong]).hasPrefix("KAFKA_BROKERS: \"\(wrong)\" is not accepted"))
        }
    }

    @Test func `topics have legal names, and dead letters do not go to the intake`() {
        for wrong in ["..", "a b", "ä", String(repeating: "x", count: 250)] {
            #expect(message(["SCHEDULE_CREATE_KAFKA_TOPIC": wrong]).hasPrefix("SCHEDULE_CREATE_KAFKA_TOPIC: "))
        }
        #expect(message(["DEAD_LETTER_KAFKA_TOPIC": "schedule-create"]).hasPrefix("DEAD_LETTER_KAFKA_TOPIC: "))
    }

    @Test func `properties come from the file and from variables, and variables win`() throws {
        let kafka = try configuration(
            [
                "KAFKA_PROPERTIES_FILE": "client.properties", "KAFKA_PROPERTY_SASL_MECHANISMS": "PLAIN",
                "KAFKA_PROPERTY_SASL_PASSWORD": "p=1",
            ],
            file: "kafka.property.security.protocol=sasl_ssl",
            files: ["client.properties": "sasl.mechanisms=SCRAM-SHA-256\nlinger.ms=5"]
        ).kafka
        #expect(
            kafka.properties == [
                KafkaProperty(name: "linger.ms", value: "5"),
                KafkaProperty(name: "sasl.mechanisms", value: "PLAIN"),
                KafkaProperty(name: "sasl.password", value: "p=1"),
                KafkaProperty(name: "security.protocol", value: "sasl_ssl"),
            ]
        )
        #expect(kafka.properties.map(\.description).joined(separator: " ").contains("sasl.password=(hidden)"))
    }

    @Test func `a properties file that cannot be read or understood stops the start`() {
        let environment = ["KAFKA_PROPERTIES_FILE": "client.properties"]
        #expect(message(environment).hasPrefix("KAFKA_PROPERTIES_FILE: \"client.properties\" is not accepted"))
        #expect(message(environment, files: ["client.properties": "a=1\nx"]).hasPrefix("client.properties line 2"))
    }

    @Test(arguments: [
        "sasl.password", "ssl.key.pem", "sasl.oauthbearer.client.secret", "ssl.key.location", "sasl.jaas.config",
        "sasl.oauthbearer.token.endpoint.url",
    ])
    func `properties whose names sound secret do not show`(name: String) {
        let property = KafkaProperty(name: name, value: "hunter2")
        #expect(property.isSecret)
        #expect(!"\(property)".contains("hunter2"))
    }

    @Test func `tokens by OpenID Connect need a client, its secret and an address`() {
        let all = ["METHOD": "oidc", "CLIENT_ID": "c", "CLIENT_SECRET": "hunter2", "TOKEN_ENDPOINT_URL": "https://t/"]
        func properties(without name: String?) -> [String: String] {
            var environment: [String: String] = [:]
            for (key, value) in all where key != name { environment["KAFKA_PROPERTY_SASL_OAUTHBEARER_\(key)"] = value }
            return environment
        }
        #expect(message(properties(without: nil)) == "no error")
        #expect(message(properties(without: "METHOD")) == "no error")
        #expect(message(properties(without: "CLIENT_ID")).hasPrefix("sasl.oauthbearer.client.id is not set"))
        #expect(message(properties(without: "CLIENT_SECRET")).hasPrefix("sasl.oauthbearer.client.secret is not set"))
        let noURL = message(properties(without: "TOKEN_ENDPOINT_URL"))
        #expect(noURL.hasPrefix("sasl.oauthbearer.token.endpoint.url is not set"))
    }

    // MARK: - Store

    @Test func `DynamoDB is the default store and takes the usual variables`() throws {
        let configuration = try configuration([
            "SCHEDULE_STORE": "", "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY": "AKID", "AWS_SECRET_KEY": "shh",
            "AWS_SESSION_TOKEN": "token", "AWS_ENDPOINT_URL": "http://127.0.0.1:8000/", "SCHEDULE_DB": "blue.schedules",
        ])
        #expect(
            configuration.store
                == .dynamoDB(
                    DynamoDBConfiguration(
                        region: "eu-central-1",
                        endpoint: "http://127.0.0.1:8000",
                        credentials: .init(
                            accessKeyID: "AKID",
                            secretAccessKey: Secret("shh"),
                            sessionToken: Secret("token")
                        ),
                        chain: CredentialsSettings(region: "eu-central-1"),
                        scheduleTable: "blue.schedules",
                        progressTable: "partitionExecutions"
                    )
                )
        )
    }

    @Test func `the usual AWS names go before their aliases, the special endpoint before the general one`() throws {
        let store = try configuration([
            "SCHEDULE_STORE": "dynamodb", "AWS_ACCESS_KEY_ID": "one", "AWS_ACCESS_KEY": "two",
            "AWS_SECRET_ACCESS_KEY": "three", "AWS_SECRET_KEY": "four",
            "AWS_ENDPOINT_URL_DYNAMODB": "https://five", "AWS_ENDPOINT_URL": "https://six",
        ]).store
        guard case .dynamoDB(let store) = store else {
            Issue.record("not DynamoDB")
            return
        }
        #expect(store.credentials?.accessKeyID == "one")
        #expect(store.credentials?.secretAccessKey.revealed == "three")
        #expect(store.endpoint == "https://five")
        #expect(store.region == "us-east-1")
    }

    @Test func `the AWS chain is told where its places are`() throws {
        let store = try configuration([
            "SCHEDULE_STORE": "dynamodb", "AWS_DEFAULT_REGION": "eu-west-1", "HOME": "/home/pod", "AWS_PROFILE": "blue",
            "AWS_CONFIG_FILE": "/etc/aws", "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
            "AWS_ROLE_ARN": "arn:aws:iam::1:role/r",
            "AWS_ROLE_SESSION_NAME": "pod-1", "AWS_ENDPOINT_URL_STS": "http://sts",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://localhost/x",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "psst", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "~/token",
            "AWS_EC2_METADATA_DISABLED": "TRUE", "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://imds:1338",
        ]).store
        guard case .dynamoDB(let store) = store else {
            Issue.record("not DynamoDB")
            return
        }
        var chain = CredentialsSettings(region: "eu-west-1")
        chain.profile = "blue"
        chain.credentialsFile = "/home/pod/.aws/credentials"
        chain.configFile = "/etc/aws"
        chain.webIdentityTokenFile = "/token"
        chain.roleARN = "arn:aws:iam::1:role/r"
        chain.roleSessionName = "pod-1"
        chain.tokenServiceEndpoint = "http://sts"
        chain.containerRelativeURI = "/v2"
        chain.containerFullURI = "http://localhost/x"
        chain.containerToken = "psst"
        chain.containerTokenFile = "/home/pod/token"
        chain.isInstanceMetadataDisabled = true
        chain.instanceMetadataEndpoint = "http://imds:1338"
        #expect(store.chain == chain)
        #expect(store.credentials == nil)
    }

    @Test func `the region is the profile's where none is set`() throws {
        let files = [
            "/aws": "[default]\nregion = us-west-2\n[profile blue]\nregion=eu-north-1\n[profile bad]\nregion=x y"
        ]
        func region(_ more: [String: String]) throws -> String? {
            let environment = ["SCHEDULE_STORE": "dynamodb", "AWS_CONFIG_FILE": "/aws"].merging(more) { $1 }
            guard case .dynamoDB(let store) = try configuration(environment, files: files).store else { return nil }
            #expect(store.chain.region == store.region)
            return store.region
        }
        #expect(try region([:]) == "us-west-2")
        #expect(try region(["AWS_PROFILE": "blue"]) == "eu-north-1")
        #expect(try region(["AWS_PROFILE": "blue", "AWS_REGION": "eu-central-1"]) == "eu-central-1")
        #expect(throws: ConfigurationError.self) { try region(["AWS_PROFILE": "none"]) }
        #expect(throws: ConfigurationError.self) { try region(["AWS_PROFILE": "bad"]) }
    }

    @Test func `half a pair of credentials is an error, none is not`() throws {
        let environment = ["SCHEDULE_STORE": "dynamodb", "AWS_REGION": "eu-central-1"]
        #expect(message(environment) == "no error")
        let secretMissing = message(environment.merging(["AWS_ACCESS_KEY_ID": "AKID"]) { $1 })
        #expect(secretMissing.hasPrefix("AWS_SECRET_ACCESS_KEY is not set where AWS_ACCESS_KEY_ID is"))
        let idMissing = message(environment.merging(["AWS_SECRET_ACCESS_KEY": "shh"]) { $1 })
        #expect(idMissing.hasPrefix("AWS_ACCESS_KEY_ID is not set where other static credentials are"))
        #expect(message(["SCHEDULE_STORE": "dynamodb"]).hasPrefix("AWS_REGION is not set"))
    }

    @Test func `an endpoint is a plain address`() {
        for wrong in ["127.0.0.1:8000", "ftp://host", "http://", "http://u:p@host", "http://host/path", "http://h?x"] {
            let text = message(["SCHEDULE_STORE": "dynamodb", "AWS_ENDPOINT_URL": wrong])
            #expect(text.hasPrefix("AWS_ENDPOINT_URL: \"\(wrong)\" is not accepted"))
        }
    }

    @Test func `the two tables have legal and different names`() {
        let environment = ["SCHEDULE_STORE": "dynamodb", "AWS_REGION": "eu-central-1"]
        #expect(message(environment.merging(["SCHEDULE_DB": "ab"]) { $1 }).hasPrefix("SCHEDULE_DB: \"ab\""))
        let sameName = message(environment.merging(["PARTITION_EXEC_DB": "schedules"]) { $1 })
        #expect(sameName.hasPrefix("PARTITION_EXEC_DB: "))
    }

    // MARK: - Ranges and shapes

    @Test(arguments: [
        ("HORIZON", ["1s", "24h"], ["999ms", "86401s", "10", "ten minutes"]),
        ("KEY_RETENTION", ["1m", "3650d"], ["59s", "3651d"]),
        ("MAX_RESIDENT_SCHEDULES", ["100", "10000000"], ["99", "10000001", "+100", "1e3", "99999999999999999999"]),
        ("MAX_PAYLOAD_BYTES", ["1", "358400"], ["0", "358401", "-1"]),
        ("LOG_LEVEL", ["trace", "critical"], ["INFO", "warn"]),
        ("LOG_FORMAT", ["text", "json"], ["xml"]),
        ("SCHEDULE_STORE", ["sqlite"], ["SQLite", "redis"]),
        ("KAFKA_STATIC_MEMBERSHIP", ["true", "false"], ["yes", "1", "TRUE"]),
        ("POD_NAME", ["pod-1.blue"], ["two words", "ä", ".."]),
        ("KAFKA_CONSUMER_GROUP", ["a/b"], ["a b", "a\u{7F}"]),
        ("DELIVERY_TOPIC_ALLOW", ["a, b-*", "*"], [",", "a,,b", "a b", "a*b", "**", "ä*"]),
    ])
    func `values are accepted up to their limits and no further`(name: String, right: [String], wrong: [String]) {
        for value in right {
            #expect(message([name: value]) == "no error")
        }
        for value in wrong {
            let start = "\(name): \(ConfigurationError.quoted(value)) is not accepted, only "
            #expect(message([name: value]).hasPrefix(start))
        }
    }

    @Test func `delivery topics are let through by name or by prefix`() throws {
        let patterns = try configuration(["DELIVERY_TOPIC_ALLOW": "orders, payments-*"]).deliveryTopics
        #expect(patterns == ["orders", "payments-*"])
    }

    @Test func `a host name that is no legal name is made one, and must be there`() throws {
        func name(_ hostName: String) throws -> String {
            try Configuration(environment: Self.least, hostName: hostName, readFile: { _ in nil }).podName
        }
        #expect(try name("host_1.büro local") == "host_1.b-ro-local")
        #expect(try name(String(repeating: "x", count: 300)).count == 249)
        #expect(throws: ConfigurationError.self) { try name("") }
    }

    // MARK: - Errors

    @Test func `an error is one line of bounded length`() {
        let text = message(["HORIZON": "1\n2\u{1B}[2J" + String(repeating: "x", count: 10_000)])
        #expect(text.hasPrefix("HORIZON: \"1\\n2\\u{1B}[2Jxxx"))
        #expect(!text.contains("\n") && text.count < 400)
    }

    @Test func `secrets show in no error and no description`() throws {
        let secret = "hunter2 whsec_hunter2"
        for name in Setting.all.filter(\.isSecret).flatMap({ [$0.name] + $0.aliases }) {
            let text = message(["SCHEDULE_STORE": "dynamodb", "AWS_REGION": "eu-central-1", name: secret])
            #expect(text.hasPrefix("\(name): its value (not shown) is not accepted"))
            #expect(!text.contains("hunter2"))
        }
        let configuration = try configuration([
            "SCHEDULE_STORE": "dynamodb", "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKID",
            "AWS_SECRET_ACCESS_KEY": "hunter2", "AWS_SESSION_TOKEN": "hunter2",
            "KAFKA_PROPERTY_SASL_PASSWORD": "hunter2", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "hunter2",
        ])
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!dumped.contains("hunter2") && !"\(configuration)".contains("hunter2"))
        #expect(!String(reflecting: configuration).contains("hunter2"))
    }

    @Test func `a properties file shows none of its text in errors`() {
        let text = message(
            ["KAFKA_PROPERTIES_FILE": "client.properties"],
            files: ["client.properties": "sasl.password hunter2"]
        )
        #expect(text.hasPrefix("client.properties line 1 has no '='"))
        #expect(!text.contains("hunter2"))
    }

    // MARK: - The table

    @Test func `every setting is described, once, and its default is accepted`() throws {
        let names = Setting.all.flatMap { [$0.name] + $0.aliases }
        #expect(Set(names).count == names.count)
        for setting in Setting.all {
            #expect(!setting.meaning.isEmpty && !setting.accepted.isEmpty)
            #expect(Setting.help.contains("  \(setting.name)"))
            #expect(setting.defaultValue == nil || !setting.isSecret)
        }
        let defaults = Setting.all.compactMap { setting in setting.defaultValue.map { (setting.name, $0) } }
        let environment = Dictionary(uniqueKeysWithValues: defaults)
        #expect(message(environment.merging(["AWS_REGION": "eu-central-1"]) { $1 }) == "no error")
    }
}
