internal import HTTPTransport

/// Where the HTTP API is, and how to be let in.
public struct ServiceAddress: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The base URL without a slash at its end, such as `http://clockwork:5000`.
    public let baseURL: String
    private let token: String?

    /// An address from its parts.
    ///
    /// - Parameters:
    ///   - baseURL: `http://` or `https://`, host, optionally a port and a path. A token is sent in the clear to an
    ///     `http://` address.
    ///   - token: one of the service's `API_TOKENS`; `nil` or empty where it has none.
    /// - Throws: `invalidConfiguration` for all else. The token is never shown.
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

    /// Shows no token.
    public var customMirror: Mirror { Mirror(self, children: ["baseURL": baseURL]) }

    /// The header that lets a request in; empty without a token.
    var authorization: [HTTPHeader] {
        token.map { [HTTPHeader("Authorization", "Bearer \($0)")] } ?? []
    }

    /// Host, port and path, without what would end up in another part of the URL or in two.
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
