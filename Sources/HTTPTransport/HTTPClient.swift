internal import CCurl
internal import Synchronization

/// Sends HTTP/1.1 requests with libcurl, many at a time, on one thread of its own.
///
/// Connections are kept alive and bounded; certificates are always verified; redirects are not followed; proxies
/// named in the environment are not used. May be used from any thread or task.
public final class HTTPClient: Sendable {
    /// The limits of a client.
    public struct Configuration: Sendable {
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

        /// The defaults above.
        public init() {}
    }

    private let loop: CurlLoop
    private let thread: WorkerThread
    private let nextID = Atomic<UInt64>(0)

    /// Starts a client and its thread.
    ///
    /// - Throws: `closed` when libcurl or the thread cannot be started.
    public init(configuration: Configuration = Configuration()) throws(HTTPTransportError) {
        let loop = try CurlLoop(configuration: configuration)
        guard let thread = WorkerThread(name: "http", body: { loop.run() }) else {
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
                loop.enqueue(CurlLoop.Job(id: id, request: request, continuation: continuation))
                // A cancellation that came before the line above found nothing to cancel.
                if Task.isCancelled { loop.cancel(id) }
            }
        } onCancel: {
            loop.cancel(id)
        }
        return try result.get()
    }

    /// Aborts every outstanding request with `closed`, and ends the thread. Later requests fail with `closed`.
    ///
    /// Blocks until the thread has ended, which takes no longer than one turn of its loop.
    public func close() {
        loop.close()
        thread.join()
    }
}
