/// What a metric stands at: one value for each combination of its labels.
public struct MetricReading: Sendable {
    /// How many values are not above a bound.
    public struct Bucket: Sendable, Equatable {
        /// The bound; infinity for the last bucket, which counts all values.
        public let upperBound: Double
        /// The number of values up to it.
        public let count: UInt64

        /// A bucket from its parts.
        public init(upperBound: Double, count: UInt64) {
            self.upperBound = upperBound
            self.count = count
        }
    }

    /// The value of one series.
    public enum Value: Sendable, Equatable {
        /// Of a counter or a gauge.
        case number(Double)
        /// Of a histogram; the buckets are never empty.
        case histogram(buckets: [Bucket], sum: Double)
    }

    /// A combination of labels with its value.
    public struct Series: Sendable {
        /// The labels, in the order of the description.
        public let labels: [(name: String, value: String)]
        /// The value.
        public let value: Value
    }

    /// What it is.
    public let description: MetricDescription
    /// Its series, ordered by their labels; never empty.
    public let series: [Series]
}
