internal import Bytes
internal import ClockworkService
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import PrometheusMetrics
internal import Scheduling

/// Answers requests. It checks the token, finds the resource, and limits the requests at one time.
struct APIResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    let calls: ScheduleCalls?
    let tokens: AccessTokens
    let readiness: Readiness
    let slots: RequestSlots
    let metrics: MetricsRegistry
    let requestMetrics: RequestMetrics
    let limits: HTTPAPILimits

    func respond(to request: Hummingbird.Request, context: Context) async throws -> Response {
        let start = ContinuousClock.now
        let found = Result { () throws(Problem) in try Route(target: request.head.path ?? "") }
        var response: Response
        do throws(Problem) {
            response = try await respond(to: request, found)
        } catch {
            response = Self.response(error.answer)
        }
        if readiness.isEnding { response.headers[.connection] = "close" }
        requestMetrics.answered(found, request.method, response.status, after: .now - start)
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func respond(
        to request: Hummingbird.Request,
        _ found: Result<Route, Problem>
    ) async throws(Problem) -> Response {
        if case .success(let route) = found, route.isOpen {
            try check(request.method, route)
            return Self.response(try state(route))
        }
        // The token is checked first, so that nobody without one learns which resources exist.
        guard tokens.admit(request.headers[.authorization]) else { throw .unauthorized }
        let route = try found.get()
        guard var calls else { throw .noSuchResource }
        try check(request.method, route)
        guard let slot = slots.take() else { throw .tooBusy }
        calls = calls.carrying(TraceContext.headers(of: request.headers))
        if route == .schedules, LineStreamType.isNamed(by: request.head) {
            return stream(request, slot, calls)
        }
        return Self.response(try await answer(request, route, slot, calls))
    }

    private func check(_ method: HTTPRequest.Method, _ route: Route) throws(Problem) {
        guard route.methods.contains(method) else { throw .methodNotAllowed(route.methods) }
    }

    /// The state of the process.
    private func state(_ route: Route) throws(Problem) -> Answer {
        switch route {
        case .metrics:
            return Answer(.ok, PrometheusText.page(metrics.read()), type: PrometheusText.mediaType)
        case .ready:
            switch readiness.state {
            case .notReady(let reasons): throw .notReady(reasons)
            case .ready(let obstacles) where !obstacles.isEmpty: return Answer(.ok, json: Self.text(obstacles))
            case .ready: break
            }
        default:
            break
        }
        return Answer(.ok, json: "{\"status\":\"ok\"}")
    }

    private static func text(_ obstacles: [Obstacle]) -> String {
        JSONWriter.objectText { json in
            json.member("status", "ok")
            json.name("obstacles")
            json.array(of: obstacles) { json, obstacle in
                json.object { json in
                    json.member("kind", obstacle.kind.rawValue)
                    json.member("reason", obstacle.reason)
                }
            }
        }
    }

    private func answer(
        _ request: Hummingbird.Request,
        _ route: Route,
        _ slot: Slot,
        _ calls: ScheduleCalls
    ) async throws(Problem) -> Answer {
        let wait = WaitPreference.read(request.headers)
        switch route {
        case .schedules:
            let action: RequestAction = request.method == .delete ? .cancel : .create
            let body = try await collect(request, slot)
            return try await calls.submit(calls.checker.check(body, action: action), wait: wait)
        case .schedule(let clientID, let scheduleKey):
            let key = try calls.checker.checkKey(clientID: clientID, scheduleKey: scheduleKey)
            guard request.method == .delete else { return try await calls.status(of: key, wait: wait) }
            return try await calls.submit(.cancelByKey(key), wait: wait)
        case .partitions:
            return try await calls.partitions()
        case .openAPI:
            return Answer(.ok, json: OpenAPIDocument.text)
        case .live, .ready, .metrics:
            return try state(route)
        }
    }

    /// The whole body, within the limits.
    private func collect(_ request: Hummingbird.Request, _ slot: Slot) async throws(Problem) -> ByteBuffer {
        let limit = limits.bodyBytes
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw .tooLarge(limit: limit)
        }
        var body = ByteBuffer()
        do {
            for try await var chunk in request.body {
                let size = body.readableBytes + chunk.readableBytes
                guard size <= limit else { throw Problem.tooLarge(limit: limit) }
                guard slot.hold(size) else { throw Problem.tooBusy }
                body.writeBuffer(&chunk)
            }
        } catch let problem as Problem {
            throw problem
        } catch {
            throw .bodyNotRead
        }
        return body
    }

    private func stream(_ request: Hummingbird.Request, _ slot: Slot, _ calls: ScheduleCalls) -> Response {
        let stream = LineStream(calls: calls, body: request.body, slot: slot, lineLimit: limits.bodyBytes)
        var headers = HTTPFields()
        headers[.contentType] = LineStreamType.name
        let body = ResponseBody { writer in
            try await stream.answer(to: &writer)
        }
        return Response(status: .ok, headers: headers, body: body)
    }

    private static func response(_ answer: Answer) -> Response {
        Response(
            status: answer.status,
            headers: answer.headers,
            body: ResponseBody(byteBuffer: ByteBuffer(string: answer.body))
        )
    }
}
