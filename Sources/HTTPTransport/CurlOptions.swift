internal import CCurl

/// The options of a curl easy handle for one exchange, and their lists, which libcurl does not copy.
///
/// Used by the loop's thread alone. `free` is called when the exchange is over.
struct CurlOptions {
    private let easy: UnsafeMutableRawPointer
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var resolutionList: UnsafeMutablePointer<curl_slist>?

    /// Options of a handle that another object owns.
    init(easy: UnsafeMutableRawPointer) {
        self.easy = easy
    }

    /// Frees the lists. Before this the handle has been reset, or after it the handle is cleaned up.
    mutating func free() {
        curl_slist_free_all(headerList)
        headerList = nil
        curl_slist_free_all(resolutionList)
        resolutionList = nil
    }

    /// Sets the options that all requests of a client to URLs with this scheme share.
    mutating func apply(_ configuration: HTTPClient.Configuration, isSecure: Bool) throws(HTTPTransportError) {
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_PROXY, "")
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        // If a server does not answer `Expect: 100-continue`, libcurl waits a millisecond and not its usual second.
        try set(CURLOPT_EXPECT_100_TIMEOUT_MS, 1)
        try set(CURLOPT_CONNECTTIMEOUT_MS, configuration.connectTimeout.curlMilliseconds)
        try set(CURLOPT_MAXLIFETIME_CONN, configuration.maximumConnectionAgeSeconds)
        try set(CURLOPT_MAXAGE_CONN, configuration.maximumIdleSeconds)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        try set(CURLOPT_TCP_KEEPIDLE, configuration.maximumIdleSeconds)
        try set(CURLOPT_TCP_KEEPINTVL, configuration.maximumIdleSeconds)
        switch configuration.httpVersion {
        case .http1:
            try set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        case .http2WhereOffered:
            try set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS)
            // A connection that is about to be made is shared rather than another one made. Without TLS, only the first
            // answer would show whether it can be shared, and an endpoint that never answers would hold up all others.
            if isSecure { try set(CURLOPT_PIPEWAIT, 1) }
        }
        for resolution in configuration.resolutions { try append(to: &resolutionList, resolution) }
        if let resolutionList { try set(CURLOPT_RESOLVE, UnsafeMutableRawPointer(resolutionList)) }
        if let authorities = configuration.certificateAuthorities { try set(CURLOPT_CAINFO, authorities) }
    }

    /// Sets the options of `request`.
    mutating func apply(_ request: HTTPRequest) throws(HTTPTransportError) {
        try set(CURLOPT_TIMEOUT_MS, request.timeout.curlMilliseconds)
        // This is checked here as well, because libcurl has one code for another scheme and for an answer that is not
        // HTTP.
        guard let target = request.target else {
            throw HTTPTransportError(code: .invalidRequest, message: "The URL does not begin with https:// or http://.")
        }
        try set(CURLOPT_URL, request.url)
        // libcurl itself would remove dot segments and an empty query.
        try set(CURLOPT_REQUEST_TARGET, target)
        try setMethod(request)
        try setHeaders(request)
    }

    private func setMethod(_ request: HTTPRequest) throws(HTTPTransportError) {
        guard !request.method.isEmpty, request.method.utf8.allSatisfy({ 0x41...0x5A ~= $0 }) else {
            throw HTTPTransportError(code: .invalidRequest, message: "The method is not one word in capitals.")
        }
        if request.method == "HEAD" {
            try set(CURLOPT_NOBODY, 1)
            return
        }
        if !request.body.isEmpty || request.method != "GET" {
            // With a size there is a Content-Length, even for an empty body: some servers require one. The size is set
            // first, because libcurl then copies that many bytes.
            try check(
                ccurl_easy_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
            )
            let result = request.body.withUnsafeBytes { bytes in
                ccurl_easy_set_pointer(
                    easy,
                    CURLOPT_COPYPOSTFIELDS,
                    UnsafeMutableRawPointer(mutating: bytes.baseAddress ?? UnsafeRawPointer(easy))
                )
            }
            try check(result)
        }
        try set(CURLOPT_CUSTOMREQUEST, request.method)
    }

    private mutating func setHeaders(_ request: HTTPRequest) throws(HTTPTransportError) {
        for header in request.headers {
            guard header.isSafe else {
                throw HTTPTransportError(code: .invalidRequest, message: "A header cannot be sent as it is.")
            }
            // libcurl's notation: "name:" removes a field, "name;" sends it with an empty value.
            try append(to: &headerList, header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)")
        }
        if let headerList { try set(CURLOPT_HTTPHEADER, UnsafeMutableRawPointer(headerList)) }
    }

    private func append(
        to list: inout UnsafeMutablePointer<curl_slist>?,
        _ line: String
    ) throws(HTTPTransportError) {
        guard let longer = curl_slist_append(list, line) else {
            throw HTTPTransportError(code: .overloaded, message: "libcurl is out of memory.")
        }
        list = longer
    }

    func set(_ option: CURLoption, _ value: Int) throws(HTTPTransportError) {
        try check(ccurl_easy_set_long(easy, option, value))
    }

    func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer) throws(HTTPTransportError) {
        try check(ccurl_easy_set_pointer(easy, option, value))
    }

    private func set(_ option: CURLoption, _ value: String) throws(HTTPTransportError) {
        guard !value.utf8.contains(0) else {
            throw HTTPTransportError(code: .invalidRequest, message: "The request holds a null byte.")
        }
        try check(ccurl_easy_set_text(easy, option, value))
    }

    func check(_ result: CURLcode) throws(HTTPTransportError) {
        guard result == CURLE_OK else { throw HTTPTransportError(curl: result) }
    }
}

extension Duration {
    /// Rounded up, and at least 1, because 0 means no limit to libcurl.
    var curlMilliseconds: Int {
        let (seconds, attoseconds) = components
        guard seconds < 86_400 else { return 86_400_000 }
        return max(1, Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
    }
}
