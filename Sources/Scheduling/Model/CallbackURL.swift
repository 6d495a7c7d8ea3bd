/// The URL of a callback, taken apart once: `https://host[:port][/path][?query]`.
///
/// Stricter than RFC 3986: visible ASCII, no user, no fragment, no percent-encoded host. A callback has no use for the
/// rest, and two parsers could read it in two ways.
public struct CallbackURL: Hashable, Sendable {
    /// The whole of it, as the client wrote it.
    public let text: String
    /// Whether the scheme is `https` and not `http`.
    public let isSecure: Bool
    /// The host in lower case, an IPv6 address with its brackets.
    public let host: String
    /// The port; the scheme's own if none is written.
    public let port: UInt16

    /// The most bytes it may have.
    public static let maximumBytes = 2048

    /// Scheme, host and port: what a connection is made to. Safe to log.
    public var origin: String {
        "\(isSecure ? "https" : "http")://\(host)\(port == Self.defaultPort(isSecure) ? "" : ":\(port)")"
    }

    /// The path as written, without the query; may be empty.
    public var path: Substring {
        let authority = text.utf8.dropFirst(isSecure ? 8 : 7)
        let start = authority.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? text.endIndex
        return text[start...].prefix { $0 != "?" }
    }

    static func defaultPort(_ isSecure: Bool) -> UInt16 { isSecure ? 443 : 80 }

    /// Takes a URL apart; `nil` when it is not of the form above.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.maximumBytes, bytes.allSatisfy(Self.isURLByte) else { return nil }
        let rest: ArraySlice<UInt8>
        if text.hasPrefix("https://") {
            isSecure = true
            rest = bytes.dropFirst(8)
        } else if text.hasPrefix("http://") {
            isSecure = false
            rest = bytes.dropFirst(7)
        } else {
            return nil
        }
        let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        guard let (host, port) = Self.hostAndPort(authority) else { return nil }
        self.text = text
        self.host = host
        self.port = port ?? Self.defaultPort(isSecure)
    }

    /// The host in lower case, and the port if one is written; `nil` when there is anything else.
    static func hostAndPort(_ authority: ArraySlice<UInt8>) -> (host: String, port: UInt16?)? {
        let host: ArraySlice<UInt8>
        if authority.first == UInt8(ascii: "[") {
            guard let end = authority.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            host = authority[...end]
            let address = host.dropFirst().dropLast()
            guard address.contains(UInt8(ascii: ":")), address.count <= 45,
                address.allSatisfy({ isHexDigit($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") })
            else { return nil }
        } else {
            host = authority.prefix { $0 != UInt8(ascii: ":") }
            guard (1...253).contains(host.count), host.first != UInt8(ascii: "."),
                host.allSatisfy({ isHostByte($0) })
            else { return nil }
        }
        let rest = authority[host.endIndex...]
        guard !rest.isEmpty else { return (lowercased(host), nil) }
        let digits = rest.dropFirst()
        guard rest.first == UInt8(ascii: ":"), (1...5).contains(digits.count), digits.allSatisfy(isDigit),
            let port = UInt16(String(decoding: digits, as: UTF8.self)), port > 0
        else { return nil }
        return (lowercased(host), port)
    }

    private static func lowercased(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self).lowercased()
    }

    /// What RFC 3986 allows anywhere in a URI, without `#` and `@` in their special sense.
    private static func isURLByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "#"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"),
            UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"):
            false
        default:
            0x21...0x7E ~= byte
        }
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."),
            UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default:
            isDigit(byte)
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 6
    }
}
