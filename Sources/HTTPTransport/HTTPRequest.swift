/// One header field of a request or an answer.
public struct HTTPHeader: Hashable, Sendable {
    /// The field name. HTTP ignores its letter case; it is kept here as given.
    public var name: String
    /// The field value.
    public var value: String

    /// A header from its parts.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// A request that is sent as a whole, without streaming or redirects.
public struct HTTPRequest: Sendable {
    /// The method, in capitals.
    public var method: String
    /// An absolute URL that begins with `http://` or `https://`, in small letters. Path and query are sent unchanged.
    public var url: String
    /// Header fields besides those that libcurl sets itself (`Host`, `Content-Length`, `Accept`).
    public var headers: [HTTPHeader]
    /// The body; sent unless it is empty. With every method but `GET` and `HEAD` its length is sent even if it is
    /// empty.
    public var body: [UInt8]
    /// The most time for the whole exchange, the wait for a connection included; at least one millisecond.
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

    /// Whether the scheme of the URL is `https`.
    var isSecure: Bool { url.hasPrefix("https://") }

    /// The request target: path and query of the URL unchanged, with the path `/` if there is none, and without the
    /// fragment. `nil` if the URL has another scheme.
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

/// An answer that has been read as a whole.
public struct HTTPResponse: Sendable {
    /// The status code as the server sent it, in practice 100 to 599.
    public var status: Int
    /// The header fields in order, without those of interim answers (1xx).
    public var headers: [HTTPHeader]
    /// The body.
    public var body: [UInt8]

    /// An answer from its parts.
    public init(status: Int, headers: [HTTPHeader], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The value of the first field with this name, in any letter case.
    public func header(_ name: String) -> String? {
        let name = name.lowercased()
        return headers.first { $0.name.lowercased() == name }?.value
    }
}
