internal import CCurl
internal import Glibc

/// One exchange on one curl easy handle. The handle is used for many exchanges, one after the other.
///
/// Used by the loop's thread alone. While the exchange runs, libcurl has an unretained pointer to this object. The loop
/// keeps the object alive until it has removed the handle from the multi handle.
final class CurlTransfer {
    let easy: UnsafeMutableRawPointer
    private(set) var id: UInt64 = 0
    private var completion: (@Sendable (CurlLoop.Answer) -> Void)?
    private var options: CurlOptions
    private var head = AnswerHead()
    private var body: [UInt8] = []
    private var receivedBytes = 0
    private var maximumBytes = 0
    private var bodies = HTTPClient.Configuration.ResponseBodies.kept
    private var patience: BodyPatience?
    /// The numbers of addresses to which a connection was begun, and to which it was refused.
    private var openedAddresses = 0
    private var refusedAddresses = 0

    init?() {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        options = CurlOptions(easy: easy)
    }

    deinit {
        options.free()
        curl_easy_cleanup(easy)
    }

    /// The transfer that owns a handle which libcurl has returned.
    static func owner(of easy: UnsafeMutableRawPointer?) -> CurlTransfer? {
        var pointer: UnsafeMutablePointer<CChar>?
        guard let easy, ccurl_easy_get_pointer(easy, CURLINFO_PRIVATE, &pointer) == CURLE_OK, let pointer else {
            return nil
        }
        return Unmanaged<CurlTransfer>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// Prepares the handle for `job`. If this throws, the transfer still has the job's completion.
    ///
    /// - Parameter patience: informed once the status is known and only a dropped body can follow.
    func prepare(
        _ job: CurlLoop.Job,
        configuration: HTTPClient.Configuration,
        patience: BodyPatience
    ) throws(HTTPTransportError) {
        id = job.id
        completion = job.completion
        maximumBytes = configuration.maximumResponseBytes
        bodies = configuration.responseBodies
        self.patience = patience

        curl_easy_reset(easy)
        let this = Unmanaged.passUnretained(self).toOpaque()
        try options.set(CURLOPT_PRIVATE, this)
        try options.set(CURLOPT_WRITEDATA, this)
        try options.set(CURLOPT_HEADERDATA, this)
        try options.check(ccurl_easy_set_sink(easy, CURLOPT_WRITEFUNCTION, receiveBody))
        try options.check(ccurl_easy_set_sink(easy, CURLOPT_HEADERFUNCTION, receiveHeader))
        if configuration.addresses == .globalUnicast {
            try options.check(ccurl_easy_set_open_socket(easy, openCheckedSocket))
            try options.set(CURLOPT_OPENSOCKETDATA, this)
        }
        try options.apply(configuration, isSecure: job.request.isSecure)
        try options.apply(job.request)
    }

    /// The answer after libcurl has reported `result`.
    func answer(_ result: CURLcode) -> CurlLoop.Answer {
        if let answer = decidedAnswer { return .success(answer) }
        if result != CURLE_OK, refusedAddresses > 0, openedAddresses == 0 { return .failure(.addressRefused) }
        if receivedBytes > maximumBytes {
            let message = "The answer is larger than \(maximumBytes) bytes."
            return .failure(HTTPTransportError(code: .responseTooLarge, message: message))
        }
        guard result == CURLE_OK else { return .failure(HTTPTransportError(curl: result)) }
        guard let status = head.status else {
            let message = "The exchange ended without a status."
            return .failure(HTTPTransportError(code: .brokenConnection, message: message))
        }
        return .success(HTTPResponse(status: status, headers: head.headers, body: body))
    }

    /// If bodies are dropped, the answer as soon as the status is known. Then it does not matter whether the rest
    /// comes, breaks off or is not HTTP.
    private var decidedAnswer: HTTPResponse? {
        guard bodies == .dropped, let status = head.status else { return nil }
        return HTTPResponse(status: status, headers: head.headers, body: [])
    }

    /// Releases everything that belongs to this exchange. Called once the handle has been removed from the multi
    /// handle.
    func finish() -> (@Sendable (CurlLoop.Answer) -> Void)? {
        // The handle must not keep credentials and callbacks while it waits for its next use.
        curl_easy_reset(easy)
        options.free()
        head = AnswerHead()
        body = []
        receivedBytes = 0
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
        guard count(bytes.count) else { return false }
        if bodies == .kept { body.append(contentsOf: bytes) }
        return true
    }

    /// Opens a socket for a connection to `address`, unless such a connection is not allowed.
    fileprivate func openSocket(_ address: inout curl_sockaddr) -> curl_socket_t {
        let length = min(Int(address.addrlen), MemoryLayout<sockaddr_storage>.size)
        let isGlobal = withUnsafePointer(to: &address.addr) { pointer in
            // `addr` is followed by the rest of the address; `length` counts both.
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
        let wasComplete = head.isComplete
        head.take(bytes)
        if head.isComplete, !wasComplete, bodies == .dropped { patience?.begin(id) }
        return true
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
