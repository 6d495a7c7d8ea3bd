internal import CoreMetrics
internal import Synchronization

/// Counts values by size. Recording one is a search among the bounds and two atomic additions.
///
/// `@unchecked Sendable`: the bounds are immutable, the counts are atomic and freed with the object.
final class HistogramSeries: RecorderHandler, TimerHandler, @unchecked Sendable {
    let bounds: [Double]
    /// For each bound the values above the one before and not above it; the last for those above every bound.
    private let counts: UnsafeMutableBufferPointer<Atomic<UInt64>>
    private let sum = AtomicDouble()

    init(bounds: [Double]) {
        self.bounds = bounds
        counts = .allocate(capacity: bounds.count + 1)
        for index in counts.indices { (counts.baseAddress! + index).initialize(to: Atomic(0)) }
    }

    deinit {
        counts.deinitialize()
        counts.deallocate()
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        add(1, to: bucket(of: value))
        add(sum: value)
    }

    /// The index of the bucket that a value belongs to.
    func bucket(of value: Double) -> Int {
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if value <= bounds[middle] { high = middle } else { low = middle + 1 }
        }
        return low
    }

    func add(_ count: UInt64, to bucket: Int) {
        counts[bucket].wrappingAdd(count, ordering: .relaxed)
    }

    func add(sum amount: Double) {
        sum.add(amount)
    }

    /// A timer's values are exposed in seconds, the base unit.
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    /// The counts up to and including each bound, in order, and the sum of all values.
    var reading: MetricReading.Value {
        var total: UInt64 = 0
        var buckets: [MetricReading.Bucket] = []
        for index in counts.indices {
            total += counts[index].load(ordering: .relaxed)
            buckets.append(
                MetricReading.Bucket(upperBound: index < bounds.count ? bounds[index] : .infinity, count: total)
            )
        }
        return .histogram(buckets: buckets, sum: sum.value)
    }
}
