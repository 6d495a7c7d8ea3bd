internal import CCurl
internal import Runtime
internal import Synchronization

/// Sends HTTP requests with libcurl, many at a time, on one thread of its own.
///
/// Connections are kept alive and bounded. Certificates are always verified. Redirects are not followed, and proxies
/// that the environment names are not used. May be used from any thread or task.
public final class HTTPClient: Sendable {
    /// The limits of a client.
    public struct Configuration: Sendable {
        /// The version of HTTP to use.
        public enum HTTPVersion: Sendable {
            /// HTTP/1.1.
            case http1
            /// HTTP/2 if the server offers it in the TLS handshake, else HTTP/1.1.
            case http2WhereOffered
        }

        /// The addresses that connections may be made to. The address itself is checked right before the connection. So
        /// neither another spelling nor a second answer of a name server can evade the rule.
        public enum Addresses: Sendable {
            /// All addresses.
            case any
            /// Only global unicast addresses.
            case globalUnicast
        }

        /// The treatment of the bodies of answers.
        public enum ResponseBodies: Sendable {
            /// Bodies are kept. An answer that is too large is an error.
            case kept
            /// Bodies are dropped, and the status alone decides. Once it is known, the body may break off, be larger
            /// than the largest accepted answer, or still be missing a second after the head.
            case dropped
        }

        /// The most connections that are open at one time; further requests wait for one.
        public var maximumConnections = 128
        /// The most connections to one host that are open at one time.
        public var maximumConnectionsPerHost = 64
        /// The most requests that are accepted and not yet answered. A further one fails with `overloaded`.
        public var maximumOutstanding = 10_000
        /// The largest accepted answer, head and body, in bytes.
        public var maximumResponseBytes = 1 << 20
        /// The most time to connect, name resolution and TLS included; at least one millisecond.
        public var connectTimeout: Duration = .seconds(5)
        /// The age in whole seconds, at least 1, beyond which a connection is not used again. A connection that is used
        /// for longer would hide that its name now leads to another address.
        public var maximumConnectionAgeSeconds = 120
        /// The idle time in whole seconds, at least 1, beyond which a connection is not used again. Firewalls may
        /// forget an idle connection after 30 s without a notice, and a request on it then gets no answer until it
        /// times out. While an answer is awaited, TCP keepalives are sent at this interval.
        public var maximumIdleSeconds = 25
        /// The version of HTTP to use.
        public var httpVersion = HTTPVersion.http1
        /// The addresses that connections may be made to.
        public var addresses = Addresses.any
        /// The treatment of the bodies of answers.
        public var responseBodies = ResponseBodies.kept
        /// A file of certificate authorities (PEM) to trust in place of the system's; `nil` for the system's.
        public var certificateAuthorities: String?
        /// Fixed addresses of hosts, each as `host:port:address[,address]…`. No name server is asked for these hosts.
        package var resolutions: [String] = []

        /// The defaults above.
        public init() {}
    }

    /// Identifies an exchange that was begun, so that it can be cancelled.
    public struct ExchangeID: Hashable, Sendable {
        fileprivate let number: UInt64
    }

    private let loop: CurlLoop
    private let thread: NamedThread
    private let nextID = Atomic<UInt64>(0)

    /// Starts a client and its thread.
    ///
    /// - Throws: `closed` if libcurl or the thread cannot be started.
    public init(configuration: Configuration = Configuration()) throws(HTTPTransportError) {
        let loop = try CurlLoop(configuration: configuration)
        guard let thread = NamedThread(name: "http", body: { loop.run() }) else {
            throw HTTPTransportError(code: .closed, message: "No thread could be started for the HTTP client.")
        }
        self.loop = loop
        self.thread = thread
    }

    deinit {
        close()
    }

    /// Sends `request` and waits for the whole answer. Cancelling the task aborts the exchange.
    ///
    /// - Throws: an error if there is no answer. An answer with any status is returned.
    public func send(_ request: HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse {
        let id = nextID.wrappingAdd(1, ordering: .relaxed).newValue
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.enqueue(CurlLoop.Job(id: id, request: request) { continuation.resume(returning: $0) })
                // A cancellation before this point found nothing to cancel.
                if Task.isCancelled { loop.cancel(id) }
            }
        } onCancel: {
            loop.cancel(id)
        }
        return try result.get()
    }

    /// Begins to send `request`.
    ///
    /// - Parameters:
    ///   - request: what to send.
    ///   - completion: receives the outcome: an answer with any status, or the reason why there is none. It is called
    ///     once, on the client's own thread, which it must not hold up, or before this method returns.
    /// - Returns: the argument of `cancel`.
    @discardableResult
    public func start(
        _ request: HTTPRequest,
        completion: @escaping @Sendable (Result<HTTPResponse, HTTPTransportError>) -> Void
    ) -> ExchangeID {
        let id = nextID.wrappingAdd(1, ordering: .relaxed).newValue
        loop.enqueue(CurlLoop.Job(id: id, request: request, completion: completion))
        return ExchangeID(number: id)
    }

    /// Aborts an exchange, which then ends with `cancelled`. If the exchange has ended, nothing happens.
    public func cancel(_ id: ExchangeID) {
        loop.cancel(id.number)
    }

    /// Aborts every outstanding request with `closed`, and ends the thread. Later requests fail with `closed`.
    ///
    /// Blocks until the thread has ended, which takes no longer than one turn of its loop.
    public func close() {
        loop.close()
        thread.join()
    }
}
