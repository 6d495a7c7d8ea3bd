internal import CCurl

/// An exchange without an answer. An answer, whatever its status, is not an error.
public struct HTTPTransportError: Error, Sendable, CustomStringConvertible {
    /// What went wrong.
    public enum Code: String, Sendable {
        /// The request cannot be sent: a bad URL, another scheme, or control characters in a header.
        case invalidRequest
        /// No connection: the name was not resolved, or the host refused it or is unreachable.
        case connectFailed
        /// The name was resolved, but connections to none of its addresses are allowed.
        case addressRefused
        /// No secure connection: the certificate or the handshake failed.
        case insecure
        /// The request timed out; the server may have acted on it.
        case timedOut
        /// The connection broke, or the answer was not HTTP. The server may have acted on the request.
        case brokenConnection
        /// The answer is larger than the client accepts.
        case responseTooLarge
        /// More requests are outstanding than the client accepts; this one was not sent.
        case overloaded
        /// The task was cancelled.
        case cancelled
        /// The client is closed or could not be started.
        case closed
    }

    /// What went wrong.
    public var code: Code
    /// One sentence for operators, without header, body or credential.
    public var message: String

    /// An error from its parts.
    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// Code and message; safe to log.
    public var description: String { "\(code.rawValue): \(message)" }
}

extension HTTPTransportError {
    /// The error for a result of libcurl.
    init(curl result: CURLcode) {
        let code: Code =
            switch result {
            case CURLE_URL_MALFORMAT, CURLE_BAD_FUNCTION_ARGUMENT: .invalidRequest
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT: .connectFailed
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
                CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR:
                .insecure
            case CURLE_OPERATION_TIMEDOUT: .timedOut
            default: .brokenConnection
            }
        self.init(code: code, message: "\(String(cString: curl_easy_strerror(result))) (libcurl \(result.rawValue))")
    }

    static let addressRefused = HTTPTransportError(
        code: .addressRefused,
        message: "The host has no address that may be connected to."
    )
    static let cancelled = HTTPTransportError(code: .cancelled, message: "The task was cancelled.")
    static let closed = HTTPTransportError(code: .closed, message: "The HTTP client is closed.")
}
