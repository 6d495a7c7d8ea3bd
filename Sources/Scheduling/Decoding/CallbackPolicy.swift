/// To which URLs callbacks may go, as far as the URL itself tells. The addresses that a host resolves to are looked at
/// where the connection is made.
public struct CallbackPolicy: Sendable, Equatable {
    /// A host, or all hosts below a domain, with the port.
    public struct HostPattern: Sendable, Hashable {
        private enum Port: Hashable {
            case schemeDefault
            case any
            case number(UInt16)
        }

        /// The host, or with `isSuffix` what it has to end with, its dot included.
        private let host: String
        private let isSuffix: Bool
        private let port: Port

        /// Reads `host`, `host:port` or `host:*`, where the host may begin with `*.` for everything below a domain.
        /// Without a port the scheme's own is meant. `nil` when it is none of these.
        public init?(_ text: String) {
            var rest = Array(text.utf8)[...]
            isSuffix = text.hasPrefix("*.")
            if isSuffix { rest = rest.dropFirst(2) }
            let isAnyPort = text.hasSuffix(":*")
            if isAnyPort { rest = rest.dropLast(2) }
            guard let (host, port) = CallbackURL.hostAndPort(rest), !(isAnyPort && port != nil),
                !(isSuffix && host.hasPrefix("["))
            else { return nil }
            self.host = (isSuffix ? "." : "") + host
            self.port = isAnyPort ? .any : port.map(Port.number) ?? .schemeDefault
        }

        func matches(_ url: CallbackURL) -> Bool {
            // A name with a dot at its end is the same name.
            let host = url.host.hasSuffix(".") ? String(url.host.dropLast()) : url.host
            guard isSuffix ? host.hasSuffix(self.host) : host == self.host else { return false }
            switch port {
            case .any: return true
            case .schemeDefault: return url.port == CallbackURL.defaultPort(url.isSecure)
            case .number(let number): return url.port == number
            }
        }
    }

    /// Whether addresses that are not global unicast may be called, and URLs without TLS.
    public let allowsPrivate: Bool
    private let hosts: [HostPattern]

    /// A policy.
    ///
    /// - Parameters:
    ///   - allowsPrivate: whether private addresses and `http://` are allowed.
    ///   - hosts: when not empty, no other hosts and ports are allowed.
    public init(allowsPrivate: Bool = false, hosts: [HostPattern] = []) {
        self.allowsPrivate = allowsPrivate
        self.hosts = hosts
    }

    /// Why callbacks may not go to `url`, to be read after "delivery.url"; `nil` when they may.
    public func refusal(of url: CallbackURL) -> String? {
        if !url.isSecure, !allowsPrivate { return "must begin with https://: http:// is not allowed" }
        if hosts.isEmpty || hosts.contains(where: { $0.matches(url) }) { return nil }
        return "must not lead to that host and port: callbacks to it are not allowed"
    }
}
