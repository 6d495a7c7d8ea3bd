internal import HTTPTransport

/// The address of the HTTP API, and the token for it.
public struct ServiceAddress: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The base URL without a slash at its end, such as `http://clockwork:5000`.
    public let baseURL: String
    private let token: String?

    /// An address from its parts.
    ///
    /// - Parameters:
    ///   - baseURL: `http://` or `https://`, a host, and optionally a port and a path. To an `http://` address, a token
    ///     is sent unencrypted.
    ///   - token: one of the service's `API_TOKENS`; `nil` or empty if the service has none.
    /// - Throws: `invalidConfiguration` for any other text. The token is never shown.
    public init(baseURL: String, token: String? = nil) throws(ClockworkClientError) {
        var url = baseURL[...]
        while url.utf8.last == UInt8(ascii: "/") { url = url.dropLast() }
        let scheme = ["http://", "https://"].first { url.hasPrefix($0) }
        guard let scheme, url.utf8.count <= 2_000, Self.isLegal(rest: url.dropFirst(scheme.count)) else {
            throw ClockworkClientError(
                code: .invalidConfiguration,
                message: "the base URL is not of the form http://host:port or https://host:port/path"
            )
        }
        self.baseURL = String(url)
        guard let token, !token.isEmpty else {
            self.token = nil
            return
        }
        guard token.utf8.allSatisfy({ 0x21...0x7E ~= $0 }), token.utf8.count <= 8_192 else {
            throw ClockworkClientError(
                code: .invalidConfiguration,
                message: "the token (not shown) has characters that a bearer token cannot have"
            )
        }
        self.token = token
    }

    /// The base URL alone.
    public var description: String { baseURL }

    /// The base URL alone.
    public var debugDescription: String { baseURL }

    /// Does not show the token.
    public var customMirror: Mirror { Mirror(self, children: ["baseURL": baseURL]) }

    /// The authorization header; empty without a token.
    var authorization: [HTTPHeader] {
        token.map { [HTTPHeader("Authorization", "Bearer \($0)")] } ?? []
    }

    /// Whether the text is only host, port and path, without characters that begin another part of the URL.
    private static func isLegal(rest: Substring) -> Bool {
        guard let first = rest.utf8.first, first != UInt8(ascii: "/"), first != UInt8(ascii: ":") else { return false }
        return rest.utf8.allSatisfy { byte in
            switch Unicode.Scalar(byte) {
            case "a"..."z", "A"..."Z", "0"..."9", ".", "-", "_", "~", ":", "[", "]", "/", "%": true
            default: false
            }
        }
    }
}
