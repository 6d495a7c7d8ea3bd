public import CoreMetrics
internal import Synchronization

/// The metrics of a process, as a factory of swift-metrics that can be read.
///
/// Metrics that are described beforehand have their kind, buckets and help; those that a library makes on its own are
/// taken as they come, under a name that is legal. Handles of one name and one set of labels share a value. Making a
/// handle takes a lock, using one does not: hold handles. Everything may be used from any thread.
public final class MetricsRegistry: MetricsFactory, Sendable {
    fileprivate enum Handler: Sendable {
        case counter(CounterSeries)
        case gauge(GaugeSeries)
        case histogram(HistogramSeries)

        init(_ kind: MetricDescription.Kind) {
            switch kind {
            case .counter: self = .counter(CounterSeries())
            case .gauge: self = .gauge(GaugeSeries())
            case .histogram(let buckets): self = .histogram(HistogramSeries(bounds: buckets))
            }
        }

        var object: AnyObject {
            switch self {
            case .counter(let series): series
            case .gauge(let series): series
            case .histogram(let series): series
            }
        }

        var value: MetricReading.Value {
            switch self {
            case .counter(let series): .number(series.value)
            case .gauge(let series): .number(series.value)
            case .histogram(let series): series.reading
            }
        }
    }

    fileprivate struct Series {
        var labels: [(name: String, value: String)]
        var handler: Handler
    }

    fileprivate struct Family {
        var description: MetricDescription
        /// By their labels as text.
        var series: [String: Series] = [:]
        /// The values that each label has had.
        var valuesOfLabel: [String: Set<String>] = [:]
    }

    /// The bounds of histograms that are not described, in seconds.
    private static let defaultBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    /// The most values of one label. Further ones count as `otherValue` together, so that no text from outside can
    /// make the page grow without end.
    public static let maxValuesOfLabel = 2_000
    /// The value of a label that stands for all that have no place of their own; no topic can have this name.
    public static let otherValue = "(other)"

    private let families: Mutex<[String: Family]>
    private let collectors = Mutex<[@Sendable () -> Void]>([])

    /// A registry that knows these metrics.
    public init(_ descriptions: [MetricDescription] = []) {
        families = Mutex(
            Dictionary(descriptions.map { ($0.name, Family(description: $0)) }) { _, _ in
                preconditionFailure("two metrics have one name")
            }
        )
    }

    /// Has `collect` run before each reading, to bring metrics up to date that nobody sets as they change.
    public func beforeReading(_ collect: @escaping @Sendable () -> Void) {
        collectors.withLock { $0.append(collect) }
    }

    /// Every metric that has a series, by name.
    public func read() -> [MetricReading] {
        for collect in collectors.withLock({ $0 }) { collect() }
        let families = families.withLock { Array($0.values) }
        return families.compactMap { family in
            guard !family.series.isEmpty else { return nil }
            let series = family.series.sorted { $0.key < $1.key }
            return MetricReading(
                description: family.description,
                series: series.map { MetricReading.Series(labels: $0.value.labels, value: $0.value.handler.value) }
            )
        }.sorted { $0.description.name < $1.description.name }
    }

    // MARK: Making handlers

    /// A counter; a name without `_total` gets it, unless it is described otherwise.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(label, dimensions)
    }

    /// A counter of fractions.
    public func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        counter(label, dimensions)
    }

    /// A gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    /// A histogram, or a gauge where nothing is to be aggregated.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        aggregate ? histogram(label, dimensions) : gauge(label, dimensions)
    }

    /// A histogram of seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions)
    }

    /// A histogram for a thread that records often and shows it from time to time.
    public func makeTally(label: String, dimensions: [(String, String)] = []) -> HistogramTally {
        HistogramTally(histogram(label, dimensions))
    }

    private func counter(_ label: String, _ dimensions: [(String, String)]) -> CounterSeries {
        let suffix = label.hasSuffix("_total") ? "" : "_total"
        // A described metric of another kind has its name to itself; what is counted here then shows nowhere.
        guard case .counter(let series) = handler(label, suffix, .counter, dimensions) else { return CounterSeries() }
        return series
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeSeries {
        guard case .gauge(let series) = handler(label, "", .gauge, dimensions) else { return GaugeSeries() }
        return series
    }

    private func histogram(_ label: String, _ dimensions: [(String, String)]) -> HistogramSeries {
        let kind = MetricDescription.Kind.histogram(buckets: Self.defaultBuckets)
        guard case .histogram(let series) = handler(label, "", kind, dimensions) else {
            return HistogramSeries(bounds: [])
        }
        return series
    }

    private func handler(
        _ label: String,
        _ suffix: String,
        _ kind: MetricDescription.Kind,
        _ dimensions: [(String, String)]
    ) -> Handler {
        families.withLock { families in
            let name = families[label] == nil ? PrometheusText.legalName(label, mayHaveColons: true) + suffix : label
            return families[
                name,
                default: Family(
                    description: MetricDescription(name, kind, unit: "", help: "Reported by a library as \(label).")
                )
            ].handler(dimensions)
        }
    }

    // MARK: Letting go of handlers

    /// Takes the series off the page.
    public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    /// Takes the series off the page.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    /// Takes the series off the page.
    public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    /// Takes the series off the page.
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    /// Takes the series off the page.
    public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    private func remove(_ handler: AnyObject) {
        families.withLock { families in
            for (name, family) in families {
                for (key, series) in family.series where series.handler.object === handler {
                    families[name]?.series[key] = nil
                    return
                }
            }
        }
    }
}

extension MetricsRegistry.Family {
    /// The handler for these labels, made where there is none.
    fileprivate mutating func handler(_ dimensions: [(String, String)]) -> MetricsRegistry.Handler {
        let labels = dimensions.map { (name: PrometheusText.legalName($0.0), value: bounded($0.1, of: $0.0)) }
        let key = PrometheusText.labels(labels)
        if let known = series[key] { return known.handler }
        let handler = MetricsRegistry.Handler(description.kind)
        series[key] = MetricsRegistry.Series(labels: labels, handler: handler)
        return handler
    }

    private mutating func bounded(_ value: String, of label: String) -> String {
        if valuesOfLabel[label]?.contains(value) == true { return value }
        guard valuesOfLabel[label, default: []].count < MetricsRegistry.maxValuesOfLabel else {
            return MetricsRegistry.otherValue
        }
        valuesOfLabel[label, default: []].insert(value)
        return value
    }
}
