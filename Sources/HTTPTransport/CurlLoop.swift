internal import CCurl
internal import Synchronization

/// The loop that drives one curl multi handle, and the inbox through which other threads reach it.
///
/// `@unchecked Sendable`: `multi` never changes. Only the thread in `run()` uses it, except for `curl_multi_wakeup`,
/// which libcurl allows from any thread, and for `deinit`, when nobody else has a reference.
final class CurlLoop: @unchecked Sendable {
    typealias Answer = Result<HTTPResponse, HTTPTransportError>

    struct Job: Sendable {
        let id: UInt64
        let request: HTTPRequest
        let completion: @Sendable (Answer) -> Void
    }

    private struct Inbox {
        var jobs: [Job] = []
        var cancellations: [UInt64] = []
        var outstanding = 0
        var isClosed = false

        var isEmpty: Bool { jobs.isEmpty && cancellations.isEmpty }
    }

    private static let globalInitialization = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

    private let multi: UnsafeMutableRawPointer
    private let configuration: HTTPClient.Configuration
    private let inbox = Mutex(Inbox())

    init(configuration: HTTPClient.Configuration) throws(HTTPTransportError) {
        guard Self.globalInitialization == CURLE_OK, let multi = curl_multi_init() else {
            throw HTTPTransportError(code: .closed, message: "libcurl could not be initialised.")
        }
        self.multi = multi
        self.configuration = configuration
        _ = ccurl_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, configuration.maximumConnections)
        _ = ccurl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, configuration.maximumConnectionsPerHost)
        _ = ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, configuration.maximumConnections)
    }

    deinit {
        curl_multi_cleanup(multi)
    }

    // MARK: From any thread

    func enqueue(_ job: Job) {
        var isFirst = false
        let refusal: HTTPTransportError? = inbox.withLock { inbox in
            if inbox.isClosed { return .closed }
            if inbox.outstanding >= configuration.maximumOutstanding {
                return HTTPTransportError(
                    code: .overloaded,
                    message: "\(inbox.outstanding) requests are outstanding, the most that are accepted."
                )
            }
            inbox.outstanding += 1
            isFirst = inbox.isEmpty
            inbox.jobs.append(job)
            return nil
        }
        if let refusal {
            job.completion(.failure(refusal))
        } else if isFirst {
            // Only the first job has to wake the thread, which takes all jobs at once.
            curl_multi_wakeup(multi)
        }
    }

    /// Aborts a request. If the request is no longer outstanding, nothing happens.
    func cancel(_ id: UInt64) {
        inbox.withLock { $0.cancellations.append(id) }
        curl_multi_wakeup(multi)
    }

    func close() {
        inbox.withLock { $0.isClosed = true }
        curl_multi_wakeup(multi)
    }

    // MARK: On the loop's thread

    func run() {
        var active: [UInt64: CurlTransfer] = [:]
        var idle: [CurlTransfer] = []
        let patience = BodyPatience()

        func finish(_ transfer: CurlTransfer, _ answer: Answer) {
            curl_multi_remove_handle(multi, transfer.easy)
            active[transfer.id] = nil
            let completion = transfer.finish()
            if idle.count < configuration.maximumConnections { idle.append(transfer) }
            inbox.withLock { $0.outstanding -= 1 }
            completion?(answer)
        }

        func start(_ job: Job) {
            guard let transfer = idle.popLast() ?? CurlTransfer() else {
                inbox.withLock { $0.outstanding -= 1 }
                job.completion(
                    .failure(HTTPTransportError(code: .overloaded, message: "libcurl is out of memory."))
                )
                return
            }
            active[job.id] = transfer
            do {
                try transfer.prepare(job, configuration: configuration, patience: patience)
            } catch {
                finish(transfer, .failure(error))
                return
            }
            let result = curl_multi_add_handle(multi, transfer.easy)
            if result != CURLM_OK {
                let message = String(cString: curl_multi_strerror(result))
                finish(transfer, .failure(HTTPTransportError(code: .brokenConnection, message: message)))
            }
        }

        while true {
            let (jobs, cancellations, isClosed) = inbox.withLock { inbox in
                defer {
                    inbox.jobs = []
                    inbox.cancellations = []
                }
                return (inbox.jobs, inbox.cancellations, inbox.isClosed)
            }
            for job in jobs { start(job) }
            for id in cancellations {
                if let transfer = active[id] { finish(transfer, .failure(.cancelled)) }
            }
            if isClosed { break }

            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            var left: Int32 = 0
            while let message = curl_multi_info_read(multi, &left) {
                guard message.pointee.msg == CURLMSG_DONE,
                    let transfer = CurlTransfer.owner(of: message.pointee.easy_handle)
                else { continue }
                finish(transfer, transfer.answer(message.pointee.data.result))
            }
            while let id = patience.takeOver(isActive: { active[$0] != nil }) {
                if let transfer = active[id] { finish(transfer, transfer.answer(CURLE_OPERATION_TIMEDOUT)) }
            }
            // libcurl itself ends this wait at its own next timeout, and at once on a wakeup.
            curl_multi_poll(multi, nil, 0, patience.milliseconds ?? 60_000, nil)
        }
        for transfer in Array(active.values) { finish(transfer, .failure(.closed)) }
    }
}
