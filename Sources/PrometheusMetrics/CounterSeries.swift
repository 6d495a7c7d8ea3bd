internal import CoreMetrics
internal import Synchronization

/// A number that only grows. Whole amounts are kept apart, so that no count is ever rounded.
final class CounterSeries: CounterHandler, FloatingPointCounterHandler {
    private let whole = Atomic<Int64>(0)
    private let rest = AtomicDouble()

    var value: Double { Double(whole.load(ordering: .relaxed)) + rest.value }

    func increment(by amount: Int64) {
        whole.wrappingAdd(amount, ordering: .relaxed)
    }

    func increment(by amount: Double) {
        rest.add(amount)
    }

    func reset() {
        whole.store(0, ordering: .relaxed)
        rest.set(0)
    }
}
