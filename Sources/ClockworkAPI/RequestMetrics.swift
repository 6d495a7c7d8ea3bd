internal import ClockworkService
internal import CoreMetrics
internal import HTTPTypes
internal import PrometheusMetrics
internal import Synchronization

/// The metrics of the API's requests. A timer is kept for each combination that has occurred. There are few of them: a
/// route counts by its template, and only known methods and statuses occur.
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

    /// A request has been answered. If the answer is a stream, it has begun.
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
