/// The URLs that callbacks may go to, as far as the URL alone decides. The addresses of a host are checked when the
/// connection is made.
public struct CallbackPolicy: Sendable, Equatable {
    /// A host, or all hosts below a domain, with the port.
    public struct HostPattern: Sendable, Hashable {
        private enum Port: Hashable {
            case schemeDefault
            case any
            case number(UInt16)
        }

        /// The host. If `isSuffix`, the end that a host must have, with the dot in front.
        private let host: String
        private let isSuffix: Bool
        private let port: Port

        /// Reads `host`, `host:port` or `host:*`. A host that begins with `*.` means every host below the domain.
        /// Without a port, the scheme's default port is meant. The result is `nil` for any other text.
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
            // A trailing dot does not change the name.
            let host = url.host.hasSuffix(".") ? String(url.host.dropLast()) : url.host
            guard isSuffix ? host.hasSuffix(self.host) : host == self.host else { return false }
            switch port {
            case .any: return true
            case .schemeDefault: return url.port == CallbackURL.defaultPort(url.isSecure)
            case .number(let number): return url.port == number
            }
        }
    }

    /// Whether callbacks may go to addresses that are not global unicast, and to URLs without TLS.
    public let allowsPrivate: Bool
    private let hosts: [HostPattern]

    /// A policy.
    ///
    /// - Parameters:
    ///   - allowsPrivate: whether private addresses and `http://` are allowed.
    ///   - hosts: the only hosts and ports that are allowed; if empty, all are.
    public init(allowsPrivate: Bool = false, hosts: [HostPattern] = []) {
        self.allowsPrivate = allowsPrivate
        self.hosts = hosts
    }

    /// The reason why callbacks may not go to `url`, to be read after "delivery.url"; `nil` if they may.
    public func refusal(of url: CallbackURL) -> String? {
        if !url.isSecure, !allowsPrivate { return "must begin with https://: http:// is not allowed" }
        if hosts.isEmpty || hosts.contains(where: { $0.matches(url) }) { return nil }
        return "must not lead to that host and port: callbacks to it are not allowed"
    }
}
