internal import Bytes

/// The settings of the HTTP API.
public struct APIConfiguration: Equatable, Sendable {
    /// The address to listen on.
    public let host: String
    /// The port to listen on; 0 lets the system choose one.
    public let port: Int
    /// The accepted bearer tokens; empty for an open API.
    public let tokens: [Secret]
    /// How long the API goes on serving after a signal to end, 0 to 60 s.
    public let shutdownDelay: Duration

    init(_ values: SettingValues) throws(ConfigurationError) {
        host = try values.required(.appHost, Self.host)
        port = try values.required(.appPort) { text in
            guard text.utf8.allSatisfy(\.isASCIIDigit) else { return nil }
            return UInt16(text).map(Int.init)
        }
        shutdownDelay = try values.required(.shutdownDelay) { text in
            DurationText.parse(text).flatMap { (.zero ... .seconds(60)).contains($0) ? $0 : nil }
        }
        tokens = try values.optional(.apiTokens, Self.tokens) ?? []
    }

    /// An IPv6 address stands alone: its colons do not begin a port.
    private static func host(_ text: String) -> String? {
        if text.utf8.contains(UInt8(ascii: ":")) { return HostAndPort.isLegal("[\(text)]") ? text : nil }
        return HostAndPort.isLegal(text) ? text : nil
    }

    private static func tokens(_ text: String) -> [Secret]? {
        let tokens = text.split(separator: ",", omittingEmptySubsequences: false).map { String($0.trimmed()) }
        let areLegal = tokens.allSatisfy { token in
            (1...1_024).contains(token.utf8.count) && token.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        }
        return areLegal ? tokens.map(Secret.init) : nil
    }
}
