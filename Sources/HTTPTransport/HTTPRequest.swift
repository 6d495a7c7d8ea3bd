/// One header field of a request or an answer.
public struct HTTPHeader: Hashable, Sendable {
    /// The field name; compared without regard to case by HTTP, kept as given here.
    public var name: String
    /// The field value.
    public var value: String

    /// A header from its parts.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// A request that is sent whole: no streaming, no redirects.
public struct HTTPRequest: Sendable {
    /// The method, in capitals.
    public var method: String
    /// An absolute URL that begins with `http://` or `https://`, in small letters. Path and query are sent as they stand.
    public var url: String
    /// Header fields beside those libcurl sets itself (`Host`, `Content-Length`, `Accept`).
    public var headers: [HTTPHeader]
    /// The body; sent when not empty. With every method but `GET` and `HEAD` its length is told even where it is empty.
    public var body: [UInt8]
    /// How long the whole exchange may take, time spent waiting for a connection included; at least one millisecond.
    public var timeout: Duration

    /// A request from its parts.
    public init(
        method: String,
        url: String,
        headers: [HTTPHeader] = [],
        body: [UInt8] = [],
        timeout: Duration
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
    }

    /// Whether the URL is one of `https`.
    var isSecure: Bool { url.hasPrefix("https://") }

    /// What is asked for of the server, as the URL says it: path and query without a change, the path `/` where none is
    /// written, without fragment. `nil` where the scheme is another.
    var target: String? {
        guard isSecure || url.hasPrefix("http://") else { return nil }
        let rest = url.utf8.dropFirst(isSecure ? 8 : 7).prefix { $0 != UInt8(ascii: "#") }
        guard let start = rest.firstIndex(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }) else {
            return "/"
        }
        let target = String(decoding: rest[start...], as: UTF8.self)
        return target.hasPrefix("/") ? target : "/" + target
    }
}

/// An answer, read whole.
public struct HTTPResponse: Sendable {
    /// The status code, 100 to 599 in practice; whatever the server sent.
    public var status: Int
    /// The header fields in order, those of an interim answer (1xx) left out.
    public var headers: [HTTPHeader]
    /// The body.
    public var body: [UInt8]

    /// An answer from its parts.
    public init(status: Int, headers: [HTTPHeader], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The value of the first field called `name`, letter case ignored.
    public func header(_ name: String) -> String? {
        let name = name.lowercased()
        return headers.first { $0.name.lowercased() == name }?.value
    }
}
