/// Values for a histogram that are gathered without an atomic operation, and shown together.
///
/// For one thread at a time: recording is a search among the bounds and two plain additions.
public struct HistogramTally {
    private let series: HistogramSeries
    /// The values for each bucket since the last `publish`.
    private var counts: ContiguousArray<UInt64>
    private var sum = 0.0
    private var isEmpty = true

    init(_ series: HistogramSeries) {
        self.series = series
        counts = ContiguousArray(repeating: 0, count: series.bounds.count + 1)
    }

    /// Takes a value, in the unit of the metric.
    public mutating func record(_ value: Double) {
        counts[series.bucket(of: value)] += 1
        sum += value
        isEmpty = false
    }

    /// Makes visible what was recorded since the last call.
    public mutating func publish() {
        guard !isEmpty else { return }
        for index in counts.indices where counts[index] > 0 {
            series.add(counts[index], to: index)
            counts[index] = 0
        }
        series.add(sum: sum)
        sum = 0
        isEmpty = true
    }
}
