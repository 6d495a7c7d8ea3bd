internal import Bytes
public import DynamoDB

/// Where pending schedules are stored.
public enum StoreConfiguration: Equatable, Sendable {
    /// One database file on this host.
    case sqlite(path: String)
    /// Two tables of DynamoDB, or of another endpoint with its protocol.
    case dynamoDB(DynamoDBConfiguration)
}

/// The settings of the tables.
public struct DynamoDBConfiguration: Equatable, Sendable {
    /// Credentials that are set as they are.
    public struct StaticCredentials: Equatable, Sendable {
        /// The public half.
        public let accessKeyID: String
        /// The secret half.
        public let secretAccessKey: Secret
        /// The token of temporary credentials.
        public let sessionToken: Secret?
    }

    /// The region that requests are signed for.
    public let region: String
    /// An endpoint in place of the region's own, without a trailing slash.
    public let endpoint: String?
    /// The static credentials; `nil` if the usual AWS chain is asked.
    public let credentials: StaticCredentials?
    /// The settings of that chain.
    public let chain: CredentialsSettings
    /// The table of pending schedules and key records.
    public let scheduleTable: String
    /// The table of progress records.
    public let progressTable: String
}

extension StoreConfiguration {
    init(
        _ values: SettingValues,
        readFile: (_ path: String) -> String?
    ) throws(ConfigurationError) {
        switch try values.required(.scheduleStore, Kind.init(rawValue:)) {
        case .sqlite:
            self = .sqlite(path: try values.required(.sqlitePath) { $0 })
        case .dynamodb:
            self = .dynamoDB(try DynamoDBConfiguration(values, readFile: readFile))
        }
    }

    private enum Kind: String {
        case dynamodb
        case sqlite
    }
}

extension DynamoDBConfiguration {
    init(
        _ values: SettingValues,
        readFile: (_ path: String) -> String?
    ) throws(ConfigurationError) {
        endpoint = try values.optional(.awsEndpoint, Self.endpoint)
        var chain = try CredentialsSettings(values)
        if let region = try values.optional(.awsRegion, Self.region) {
            chain.region = region
        } else if let region = chain.profileRegion(readFile) {
            guard Self.region(region) != nil else {
                throw ConfigurationError(
                    "region of the AWS profile is not accepted, only \(Setting.awsRegion.accepted)"
                )
            }
            chain.region = region
        } else if endpoint != nil {
            // A local endpoint accepts any region, but the signature needs one.
            chain.region = "us-east-1"
        } else {
            throw .missing(.awsRegion, reason: "and the AWS profile names none")
        }
        self.chain = chain
        region = chain.region
        credentials = try StaticCredentials(values)
        scheduleTable = try values.required(.scheduleTable, Self.tableName)
        let scheduleTable = scheduleTable
        progressTable = try values.required(.progressTable) { name in
            name == scheduleTable ? nil : Self.tableName(name)
        }
    }

    static func endpoint(_ text: String) -> String? {
        guard let scheme = ["http://", "https://"].first(where: { text.hasPrefix($0) }) else { return nil }
        let rest = text.dropFirst(scheme.count)
        let address = rest.last == "/" ? rest.dropLast() : rest
        guard HostAndPort.isLegal(address) else { return nil }
        return scheme + address
    }

    private static func region(_ text: String) -> String? {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy(isRegionByte) ? text : nil
    }

    private static func isRegionByte(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "a"..."z", "0"..."9", "-": true
        default: false
        }
    }

    private static func tableName(_ text: String) -> String? {
        (3...255).contains(text.utf8.count) && text.utf8.allSatisfy(TopicName.isLegal) ? text : nil
    }
}

extension DynamoDBConfiguration.StaticCredentials {
    /// `nil` if none are set. Half of a pair is an error: the chain might find credentials that the operator did not
    /// mean.
    init?(_ values: SettingValues) throws(ConfigurationError) {
        let accessKeyID = try values.optional(.awsAccessKeyID, Self.headerText)
        let secretAccessKey = try values.optional(.awsSecretAccessKey, Self.headerText)
        let sessionToken = try values.optional(.awsSessionToken, Self.headerText)
        if accessKeyID == nil, secretAccessKey == nil, sessionToken == nil { return nil }
        guard let accessKeyID else { throw .missing(.awsAccessKeyID, reason: "where other static credentials are") }
        guard let secretAccessKey else { throw .missing(.awsSecretAccessKey, reason: "where AWS_ACCESS_KEY_ID is") }
        self.init(
            accessKeyID: accessKeyID,
            secretAccessKey: Secret(secretAccessKey),
            sessionToken: sessionToken.map(Secret.init)
        )
    }

    /// Credentials become part of a request header, so only visible ASCII is accepted.
    static func headerText(_ text: String) -> String? {
        text.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? text : nil
    }
}
