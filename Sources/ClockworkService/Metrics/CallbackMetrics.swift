internal import CoreMetrics
internal import PrometheusMetrics

/// Counts the outcomes of callbacks, in all and by host. Belongs to the `CallbackChannel` and is used on its event loop
/// only.
struct CallbackMetrics {
    /// The most hosts that have series of their own: the first ones that are called.
    static let maxHosts = 100

    /// The outcome of a callback that was due.
    enum Result: String, CaseIterable {
        /// Its endpoint has answered 2xx.
        case delivered
        /// An attempt failed, and another one will follow.
        case retried
        /// It can never succeed, or its last attempt failed.
        case failed
        /// It was not attempted: its host or endpoint is left alone for a while, or has too many callbacks already.
        case putOff = "put_off"
    }

    private struct Host {
        let results: [Result: Counter]
        let duration: CoreMetrics.Timer

        init(_ name: String, _ registry: MetricsRegistry) {
            results = Dictionary(
                uniqueKeysWithValues: Result.allCases.map { result in
                    (result, Metric.callbacks.counter(registry, name, result.rawValue))
                }
            )
            duration = Metric.callbackDuration.timer(registry, name)
        }
    }

    private let registry: MetricsRegistry
    private let delivered: Counter
    private let failed: Counter
    private let inFlight: Gauge
    private let pausedHosts: Gauge
    private var lateness: HistogramTally
    private var hosts: SeriesPlaces<Host>

    init(_ registry: MetricsRegistry) {
        self.registry = registry
        delivered = Metric.deliveries.counter(registry, "url", "", "delivered")
        failed = Metric.deliveries.counter(registry, "url", "", "failed")
        inFlight = Metric.callbacksInFlight.gauge(registry)
        pausedHosts = Metric.pausedCallbackHosts.gauge(registry)
        lateness = registry.makeTally(label: Metric.callbackLateness.name)
        hosts = SeriesPlaces(limit: Self.maxHosts, others: Host(MetricsRegistry.otherValue, registry))
    }

    /// An attempt begins.
    mutating func called(_ host: String) {
        let registry = registry
        _ = hosts.place(of: host) { Host(host, registry) }
    }

    /// An attempt has ended, after this long.
    func attempted(_ host: String, took duration: Duration) {
        hosts[hosts.known(host)].duration.record(duration: duration)
    }

    /// A callback has this outcome. A host that was never called has no series, because its name comes from outside.
    mutating func ended(_ host: String, _ result: Result) {
        hosts[hosts.known(host)].results[result]?.increment()
        switch result {
        case .delivered: delivered.increment()
        case .failed: failed.increment()
        case .retried, .putOff: break
        }
    }

    /// A callback has been delivered this many milliseconds after its schedule time.
    mutating func late(by milliseconds: Int64) {
        // Never negative: a clock may have been set back meanwhile.
        lateness.record(Double(max(milliseconds, 0)) / 1_000)
    }

    /// Publishes the counts so far, and the state of the callbacks.
    mutating func publish(inFlight count: Int, pausedHosts paused: Int) {
        lateness.publish()
        inFlight.record(count)
        pausedHosts.record(paused)
    }
}
