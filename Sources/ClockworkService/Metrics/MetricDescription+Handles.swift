public import CoreMetrics
public import PrometheusMetrics

extension MetricDescription {
    /// A counter of `factory`, with the values of the labels in their order.
    public func counter(_ factory: any MetricsFactory, _ values: String...) -> Counter {
        Counter(label: name, dimensions: dimensions(values), factory: factory)
    }

    /// A counter of fractions of `factory`, with the values of the labels in their order.
    public func fractionCounter(_ factory: any MetricsFactory, _ values: String...) -> FloatingPointCounter {
        FloatingPointCounter(label: name, dimensions: dimensions(values), factory: factory)
    }

    /// A gauge of `factory`, with the values of the labels in their order.
    public func gauge(_ factory: any MetricsFactory, _ values: String...) -> Gauge {
        Gauge(label: name, dimensions: dimensions(values), factory: factory)
    }

    /// A timer of `factory`, with the values of the labels in their order.
    public func timer(_ factory: any MetricsFactory, _ values: String...) -> CoreMetrics.Timer {
        CoreMetrics.Timer(label: name, dimensions: dimensions(values), factory: factory)
    }

    private func dimensions(_ values: [String]) -> [(String, String)] {
        precondition(values.count == labels.count, "\(name) has \(labels.count) labels, not \(values.count)")
        return zip(labels, values).map { ($0.name, $1) }
    }
}
