internal import ClockworkService
internal import CoreMetrics
internal import HTTPTypes
internal import PrometheusMetrics
internal import Synchronization

/// What the API shows of its requests. Handles are kept for what has been asked for; there are few, since routes count
/// by their templates and methods and statuses are those of the API.
final class RequestMetrics: Sendable {
    private struct Kind: Hashable {
        var route: String
        var method: String
        var status: Int
    }

    private let factory: any MetricsFactory
    private let timers = Mutex<[Kind: CoreMetrics.Timer]>([:])

    init(_ factory: any MetricsFactory) {
        self.factory = factory
    }

    /// A request has been answered; of a stream, the answer has begun.
    func answered(
        _ route: Result<Route, Problem>,
        _ method: HTTPRequest.Method,
        _ status: HTTPResponse.Status,
        after duration: Duration
    ) {
        let kind = Kind(
            route: (try? route.get())?.template ?? "(none)",
            method: [.get, .post, .delete].contains(method) ? method.rawValue : MetricsRegistry.otherValue,
            status: status.code
        )
        let timer = timers.withLock { timers in
            if let known = timers[kind] { return known }
            let timer = Metric.httpRequests.timer(factory, kind.route, kind.method, "\(kind.status)")
            timers[kind] = timer
            return timer
        }
        timer.record(duration: duration)
    }
}
