internal import CCurl
internal import Glibc

/// One exchange on one curl easy handle. The handle is used for many exchanges, one after the other.
///
/// Used by the loop's thread alone. libcurl holds an unretained pointer to it while the exchange runs; the loop keeps
/// the object alive until it has taken the handle out of the multi handle.
final class CurlTransfer {
    let easy: UnsafeMutableRawPointer
    private(set) var id: UInt64 = 0
    private var completion: (@Sendable (CurlLoop.Answer) -> Void)?
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var resolutionList: UnsafeMutablePointer<curl_slist>?
    private var headers: [HTTPHeader] = []
    private var body: [UInt8] = []
    private var receivedBytes = 0
    private var maximumBytes = 0
    private var isBodyCutOff = false
    private var bodies = HTTPClient.Configuration.ResponseBodies.kept
    /// How many addresses a connection was begun to, and how many were refused.
    private var openedAddresses = 0
    private var refusedAddresses = 0

    init?() {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
    }

    deinit {
        curl_slist_free_all(headerList)
        curl_slist_free_all(resolutionList)
        curl_easy_cleanup(easy)
    }

    /// The transfer that owns a handle given back by libcurl.
    static func owner(of easy: UnsafeMutableRawPointer?) -> CurlTransfer? {
        var pointer: UnsafeMutablePointer<CChar>?
        guard let easy, ccurl_easy_get_pointer(easy, CURLINFO_PRIVATE, &pointer) == CURLE_OK, let pointer else {
            return nil
        }
        return Unmanaged<CurlTransfer>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// Sets the handle up for `job`. After a throw the transfer still has the job's completion.
    func prepare(_ job: CurlLoop.Job, configuration: HTTPClient.Configuration) throws(HTTPTransportError) {
        id = job.id
        completion = job.completion
        maximumBytes = configuration.maximumResponseBytes
        bodies = configuration.responseBodies
        let request = job.request

        curl_easy_reset(easy)
        let this = Unmanaged.passUnretained(self).toOpaque()
        try set(CURLOPT_PRIVATE, this)
        try set(CURLOPT_WRITEDATA, this)
        try set(CURLOPT_HEADERDATA, this)
        try check(ccurl_easy_set_sink(easy, CURLOPT_WRITEFUNCTION, receiveBody))
        try check(ccurl_easy_set_sink(easy, CURLOPT_HEADERFUNCTION, receiveHeader))

        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_PROXY, "")
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        try setConnection(configuration, isSecure: request.url.hasPrefix("https://"))
        // A server that does not answer `Expect: 100-continue` costs a millisecond, not libcurl's second.
        try set(CURLOPT_EXPECT_100_TIMEOUT_MS, 1)
        try set(CURLOPT_CONNECTTIMEOUT_MS, configuration.connectTimeout.wholeMilliseconds)
        try set(CURLOPT_TIMEOUT_MS, request.timeout.wholeMilliseconds)

        // Asked here too, since libcurl has one code for a foreign scheme and for an answer that is not HTTP.
        guard request.url.hasPrefix("https://") || request.url.hasPrefix("http://") else {
            throw HTTPTransportError(code: .invalidRequest, message: "The URL does not begin with https:// or http://.")
        }
        try set(CURLOPT_URL, request.url)
        try setMethod(request)
        try setHeaders(request)
    }

    /// The answer after libcurl reported `result`.
    func answer(_ result: CURLcode) -> CurlLoop.Answer {
        if result != CURLE_OK, refusedAddresses > 0, openedAddresses == 0 { return .failure(.addressRefused) }
        if receivedBytes > maximumBytes {
            // Cut off behind the status, which is all that is wanted.
            if isBodyCutOff { return .success(response([])) }
            let message = "The answer is larger than \(maximumBytes) bytes."
            return .failure(HTTPTransportError(code: .responseTooLarge, message: message))
        }
        guard result == CURLE_OK else { return .failure(HTTPTransportError(curl: result)) }
        return .success(response(body))
    }

    private func response(_ body: [UInt8]) -> HTTPResponse {
        var status = 0
        _ = ccurl_easy_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        return HTTPResponse(status: status, headers: headers, body: body)
    }

    /// Lets go of everything of this exchange; called once the handle is out of the multi handle.
    func finish() -> (@Sendable (CurlLoop.Answer) -> Void)? {
        // The handle must not keep credentials and callbacks while it waits for its next use.
        curl_easy_reset(easy)
        curl_slist_free_all(headerList)
        headerList = nil
        curl_slist_free_all(resolutionList)
        resolutionList = nil
        headers = []
        body = []
        receivedBytes = 0
        isBodyCutOff = false
        openedAddresses = 0
        refusedAddresses = 0
        defer { completion = nil }
        return completion
    }

    // MARK: Received by libcurl's callbacks

    /// Whether `count` more bytes are accepted.
    private func count(_ count: Int) -> Bool {
        receivedBytes += count
        return receivedBytes <= maximumBytes
    }

    fileprivate func appendBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        switch bodies {
        case .kept:
            guard count(bytes.count) else { return false }
            body.append(contentsOf: bytes)
            return true
        case .dropped:
            isBodyCutOff = !count(bytes.count)
            return !isBodyCutOff
        }
    }

    /// Opens a socket for a connection to `address`, unless that may not be connected to.
    fileprivate func openSocket(_ address: inout curl_sockaddr) -> curl_socket_t {
        let length = min(Int(address.addrlen), MemoryLayout<sockaddr_storage>.size)
        let isGlobal = withUnsafePointer(to: &address.addr) { pointer in
            // Behind `addr` stands the rest of the address, which has this length.
            IPAddress(UnsafeRawBufferPointer(start: pointer, count: length))?.isGlobalUnicast ?? false
        }
        guard isGlobal else {
            refusedAddresses += 1
            return curl_socket_t(-1)
        }
        openedAddresses += 1
        let type = address.socktype | Int32(SOCK_CLOEXEC.rawValue)
        return socket(Int32(address.family), type, Int32(address.protocol))
    }

    fileprivate func appendHeader(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard count(bytes.count) else { return false }
        if bytes.starts(with: "HTTP/".utf8) {
            headers = []
        } else if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
            let name = String(decoding: bytes[..<colon], as: UTF8.self)
            var value = bytes[(colon + 1)...]
            while let byte = value.first, byte.isHTTPSpace { value = value.dropFirst() }
            while let byte = value.last, byte.isHTTPSpace { value = value.dropLast() }
            headers.append(HTTPHeader(name, String(decoding: value, as: UTF8.self)))
        }
        return true
    }

    // MARK: Options

    private func setConnection(
        _ configuration: HTTPClient.Configuration,
        isSecure: Bool
    ) throws(HTTPTransportError) {
        switch configuration.httpVersion {
        case .http1:
            try set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        case .http2WhereOffered:
            try set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS)
            // Rather share a connection that is about to be made than make one more. Without TLS only the first answer
            // would tell whether it can be shared, and an endpoint that gives none would hold up all others.
            if isSecure { try set(CURLOPT_PIPEWAIT, 1) }
        }
        if configuration.addresses == .globalUnicast {
            try check(ccurl_easy_set_open_socket(easy, openCheckedSocket))
            try set(CURLOPT_OPENSOCKETDATA, Unmanaged.passUnretained(self).toOpaque())
        }
        for resolution in configuration.resolutions { try append(to: &resolutionList, resolution) }
        if let resolutionList { try set(CURLOPT_RESOLVE, UnsafeMutableRawPointer(resolutionList)) }
        if let authorities = configuration.certificateAuthorities { try set(CURLOPT_CAINFO, authorities) }
    }

    private func setMethod(_ request: HTTPRequest) throws(HTTPTransportError) {
        guard !request.method.isEmpty, request.method.utf8.allSatisfy({ 0x41...0x5A ~= $0 }) else {
            throw HTTPTransportError(code: .invalidRequest, message: "The method is not one word in capitals.")
        }
        if request.method == "HEAD" {
            try set(CURLOPT_NOBODY, 1)
            return
        }
        if !request.body.isEmpty || request.method == "POST" || request.method == "PUT" {
            // The size comes first: libcurl copies that many bytes.
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

    private func setHeaders(_ request: HTTPRequest) throws(HTTPTransportError) {
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

    private func set(_ option: CURLoption, _ value: Int) throws(HTTPTransportError) {
        try check(ccurl_easy_set_long(easy, option, value))
    }

    private func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer) throws(HTTPTransportError) {
        try check(ccurl_easy_set_pointer(easy, option, value))
    }

    private func set(_ option: CURLoption, _ value: String) throws(HTTPTransportError) {
        guard !value.utf8.contains(0) else {
            throw HTTPTransportError(code: .invalidRequest, message: "The request holds a null byte.")
        }
        try check(ccurl_easy_set_text(easy, option, value))
    }

    private func check(_ result: CURLcode) throws(HTTPTransportError) {
        guard result == CURLE_OK else { throw HTTPTransportError(curl: result) }
    }
}

private func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ transfer: UnsafeMutableRawPointer?
) -> Int {
    guard let transfer else { return 0 }
    let received = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return Unmanaged<CurlTransfer>.fromOpaque(transfer).takeUnretainedValue().appendBody(received) ? received.count : 0
}

private func receiveHeader(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ transfer: UnsafeMutableRawPointer?
) -> Int {
    guard let transfer else { return 0 }
    let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return Unmanaged<CurlTransfer>.fromOpaque(transfer).takeUnretainedValue().appendHeader(line) ? line.count : 0
}

private func openCheckedSocket(
    _ transfer: UnsafeMutableRawPointer?,
    _ purpose: curlsocktype,
    _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let transfer, let address else { return curl_socket_t(-1) }
    return Unmanaged<CurlTransfer>.fromOpaque(transfer).takeUnretainedValue().openSocket(&address.pointee)
}

extension Duration {
    /// Rounded up, and at least 1: to libcurl 0 means no limit.
    fileprivate var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        guard seconds < 86_400 else { return 86_400_000 }
        return max(1, Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
    }
}
