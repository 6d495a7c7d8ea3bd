internal import DynamoDB

extension CredentialsSettings {
    /// The settings of the AWS chain. The caller sets the region.
    init(_ values: SettingValues) throws(ConfigurationError) {
        self.init(region: "")
        profile = try values.optional(.awsProfile) { $0 }
        credentialsFile = values.path(.awsCredentialsFile)
        configFile = values.path(.awsConfigFile)
        webIdentityTokenFile = values.path(.awsWebIdentityTokenFile)
        roleARN = try values.optional(.awsRoleARN) { $0.hasPrefix("arn:") ? $0 : nil }
        roleSessionName = try values.optional(.awsRoleSessionName, Self.sessionName)
        tokenServiceEndpoint = try values.optional(.awsTokenServiceEndpoint, DynamoDBConfiguration.endpoint)
        containerRelativeURI = try values.optional(.awsContainerRelativeURI) { $0.hasPrefix("/") ? $0 : nil }
        containerFullURI = try values.optional(.awsContainerFullURI) { text in
            text.hasPrefix("http://") || text.hasPrefix("https://") ? text : nil
        }
        containerToken = try values.optional(.awsContainerToken, DynamoDBConfiguration.StaticCredentials.headerText)
        containerTokenFile = values.path(.awsContainerTokenFile)
        isInstanceMetadataDisabled = try values.required(.awsInstanceMetadataDisabled) { Bool($0.lowercased()) }
        instanceMetadataEndpoint = try values.required(
            .awsInstanceMetadataEndpoint,
            DynamoDBConfiguration.endpoint
        )
    }

    /// The region that the profile sets.
    func profileRegion(_ readFile: (_ path: String) -> String?) -> String? {
        SharedProfile(name: profile ?? "default", settings: self, readFile: readFile)?["region"]
    }

    /// A session name that the security token service accepts.
    private static func sessionName(_ text: String) -> String? {
        let isLegal = text.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_", "+", "=", ",", ".", "@", "-": true
            default: false
            }
        }
        return isLegal && (2...64).contains(text.utf8.count) ? text : nil
    }
}
