internal import CCurl
internal import Runtime
internal import Synchronization

/// Sends HTTP requests with libcurl, many at a time, on one thread of its own.
///
/// Connections are kept alive and bounded; certificates are always verified; redirects are not followed; proxies
/// named in the environment are not used. May be used from any thread or task.
public final class HTTPClient: Sendable {
    /// The limits of a client.
    public struct Configuration: Sendable {
        /// Which version of HTTP is spoken.
        public enum HTTPVersion: Sendable {
            /// HTTP/1.1.
            case http1
            /// HTTP/2 with servers that offer it in the handshake of TLS, else HTTP/1.1.
            case http2WhereOffered
        }

        /// To which addresses connections are made. The address itself is looked at, right before the connection to
        /// it, so that no spelling of it and no second answer of a name server gets around the rule.
        public enum Addresses: Sendable {
            /// To every one.
            case any
            /// To global unicast addresses alone.
            case globalUnicast
        }

        /// What becomes of the bodies of answers.
        public enum ResponseBodies: Sendable {
            /// They are kept; a larger answer than is accepted is an error.
            case kept
            /// They are dropped, and the status alone decides: once it is there, a body that breaks off, is larger than
            /// the largest answer accepted, or is not there a second after the head does not matter.
            case dropped
        }

        /// The most connections open at once; further requests wait for one.
        public var maximumConnections = 128
        /// The most connections open at once to one host.
        public var maximumConnectionsPerHost = 64
        /// The most requests accepted and not yet answered; a further one fails with `overloaded`.
        public var maximumOutstanding = 10_000
        /// The largest answer accepted, header and body, in bytes.
        public var maximumResponseBytes = 1 << 20
        /// How long it may take to connect, name resolution and TLS included; at least one millisecond.
        public var connectTimeout: Duration = .seconds(5)
        /// How old a connection may be that is used again, in whole seconds from 1 on. A younger one would hide for long
        /// that a name leads to another address.
        public var maximumConnectionAgeSeconds = 120
        /// How long a connection may have been idle that is used again, in whole seconds from 1 on. Firewalls forget one after
        /// as little as 30 s and say so to nobody: what is sent on it then has no answer until its time is over. While an
        /// answer is awaited, the connection is kept alive after so many seconds.
        public var maximumIdleSeconds = 25
        /// Which version of HTTP is spoken.
        public var httpVersion = HTTPVersion.http1
        /// To which addresses connections are made.
        public var addresses = Addresses.any
        /// What becomes of the bodies of answers.
        public var responseBodies = ResponseBodies.kept
        /// A file of certificate authorities (PEM) to trust in place of the system's; `nil` for the system's.
        public var certificateAuthorities: String?
        /// Addresses of hosts that no name server is asked for, each as `host:port:address[,address]…`.
        package var resolutions: [String] = []

        /// The defaults above.
        public init() {}
    }

    /// Names an exchange that was begun, so that it can be cancelled.
    public struct ExchangeID: Hashable, Sendable {
        fileprivate let number: UInt64
    }

    private let loop: CurlLoop
    private let thread: NamedThread
    private let nextID = Atomic<UInt64>(0)

    /// Starts a client and its thread.
    ///
    /// - Throws: `closed` when libcurl or the thread cannot be started.
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
    /// - Throws: an error when there is no answer; an answer with any status is returned.
    public func send(_ request: HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse {
        let id = nextID.wrappingAdd(1, ordering: .relaxed).newValue
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.enqueue(CurlLoop.Job(id: id, request: request) { continuation.resume(returning: $0) })
                // A cancellation that came before the line above found nothing to cancel.
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
    ///   - completion: takes the end of the exchange: an answer with any status, or why there is none. Called once, on
    ///     the client's own thread, which it must not hold up, or before this returns.
    /// - Returns: what `cancel` takes.
    @discardableResult
    public func start(
        _ request: HTTPRequest,
        completion: @escaping @Sendable (Result<HTTPResponse, HTTPTransportError>) -> Void
    ) -> ExchangeID {
        let id = nextID.wrappingAdd(1, ordering: .relaxed).newValue
        loop.enqueue(CurlLoop.Job(id: id, request: request, completion: completion))
        return ExchangeID(number: id)
    }

    /// Aborts an exchange, which then ends with `cancelled`; one that has ended is left alone.
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
