/// What a metric is: its name, kind, unit, labels and one sentence about it.
public struct MetricDescription: Sendable {
    /// How the values of a metric behave.
    public enum Kind: Sendable, Equatable {
        /// Only grows.
        case counter
        /// Goes up and down.
        case gauge
        /// Counts values by size; `buckets` are their upper bounds in the metric's unit, ascending.
        case histogram(buckets: [Double])
    }

    /// A label, and which values it has.
    public struct Label: Sendable, Equatable {
        /// Its name.
        public let name: String
        /// Its values, in one phrase.
        public let values: String

        /// A label with what is said about it.
        public init(_ name: String, _ values: String) {
            self.name = name
            self.values = values
        }
    }

    /// The name that is exposed, unit and `_total` included.
    public let name: String
    /// How its values behave.
    public let kind: Kind
    /// What is counted or measured: a base unit of Prometheus, or the name of what is counted.
    public let unit: String
    /// One sentence about it.
    public let help: String
    /// Its labels. Their values are bounded in number: no key of a client's becomes one.
    public let labels: [Label]

    /// A description from its parts.
    public init(_ name: String, _ kind: Kind, unit: String, labels: [Label] = [], help: String) {
        self.name = name
        self.kind = kind
        self.unit = unit
        self.labels = labels
        self.help = help
    }
}
