/// The settings of DynamoDB, and of the credentials for it.
extension Setting {
    static let awsRegion = Setting(
        "AWS_REGION",
        aliases: ["AWS_DEFAULT_REGION"],
        meaning: "region of the tables; when not set, the AWS profile's, else us-east-1 where an endpoint is given",
        accepted: "a region such as eu-central-1"
    )
    static let awsAccessKeyID = Setting(
        "AWS_ACCESS_KEY_ID",
        aliases: ["AWS_ACCESS_KEY"],
        meaning: "static credentials; without them the usual AWS chain is asked",
        accepted: "an access key id, together with AWS_SECRET_ACCESS_KEY",
        isSecret: true
    )
    static let awsSecretAccessKey = Setting(
        "AWS_SECRET_ACCESS_KEY",
        aliases: ["AWS_SECRET_KEY"],
        meaning: "static credentials",
        accepted: "the secret that belongs to AWS_ACCESS_KEY_ID",
        isSecret: true
    )
    static let awsSessionToken = Setting(
        "AWS_SESSION_TOKEN",
        meaning: "static credentials, where they are temporary",
        accepted: "the token that belongs to AWS_ACCESS_KEY_ID",
        isSecret: true
    )
    static let awsProfile = Setting(
        "AWS_PROFILE",
        meaning: "profile of the shared files; else the profile default, where there is one",
        accepted: "a profile with keys, or with role_arn and web_identity_token_file"
    )
    static let awsCredentialsFile = Setting(
        "AWS_SHARED_CREDENTIALS_FILE",
        defaultValue: "~/.aws/credentials",
        meaning: "shared credentials file",
        accepted: "a file path"
    )
    static let awsConfigFile = Setting(
        "AWS_CONFIG_FILE",
        defaultValue: "~/.aws/config",
        meaning: "shared config file",
        accepted: "a file path"
    )
    static let awsWebIdentityTokenFile = Setting(
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        meaning: "file of the token that AWS_ROLE_ARN is assumed with; EKS sets it for a service account",
        accepted: "a file path, together with AWS_ROLE_ARN"
    )
    static let awsRoleARN = Setting(
        "AWS_ROLE_ARN",
        meaning: "role to assume with a web identity",
        accepted: "a name that begins with arn:"
    )
    static let awsRoleSessionName = Setting(
        "AWS_ROLE_SESSION_NAME",
        meaning: "name of that session in AWS's logs; clockwork when not set",
        accepted: "2 to 64 of a-z, A-Z, 0-9, and _+=,.@-"
    )
    static let awsTokenServiceEndpoint = Setting(
        "AWS_ENDPOINT_URL_STS",
        meaning: "address of the security token service in place of the region's own",
        accepted: "a URL: http://host[:port] or https://host[:port], without user or password"
    )
    static let awsContainerRelativeURI = Setting(
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        meaning: "path of the container's credentials at 169.254.170.2; ECS sets it",
        accepted: "a path that begins with /"
    )
    static let awsContainerFullURI = Setting(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        meaning: "address of the container's credentials; EKS Pod Identity sets it",
        accepted: "an https:// URL, or an http:// one of this host, 169.254.170.2, 169.254.170.23 or fd00:ec2::23"
    )
    static let awsContainerToken = Setting(
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        meaning: "token to ask for the container's credentials with",
        accepted: "visible ASCII characters",
        isSecret: true
    )
    static let awsContainerTokenFile = Setting(
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        meaning: "file with that token; takes precedence over it",
        accepted: "a file path"
    )
    static let awsInstanceMetadataDisabled = Setting(
        "AWS_EC2_METADATA_DISABLED",
        defaultValue: "false",
        meaning: "whether the metadata service of the EC2 instance is left out of the chain",
        accepted: "true or false"
    )
    static let awsInstanceMetadataEndpoint = Setting(
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        defaultValue: "http://169.254.169.254",
        meaning: "address of that service",
        accepted: "a URL: http://host[:port] or https://host[:port], without user or password"
    )
    static let awsEndpoint = Setting(
        "AWS_ENDPOINT_URL_DYNAMODB",
        aliases: ["AWS_ENDPOINT_URL"],
        meaning: "address of the store in place of the region's own",
        accepted: "a URL: http://host[:port] or https://host[:port], without user or password"
    )
}
