public import CoreMetrics
internal import PrometheusMetrics
public import Scheduling
public import Tracing

/// A store whose calls are measured, and traced if there is a tracer.
public struct ObservedStore: ScheduleStore {
    private enum Operation: String, CaseIterable {
        case apply
        case lookUp = "look_up"
        case page
        case save
        case progress
    }

    private struct Timers {
        let ok: Timer
        let unavailable: Timer
        let refused: Timer

        init(_ operation: Operation, _ factory: any MetricsFactory) {
            ok = Metric.storeCalls.timer(factory, operation.rawValue, "ok")
            unavailable = Metric.storeCalls.timer(factory, operation.rawValue, "unavailable")
            refused = Metric.storeCalls.timer(factory, operation.rawValue, "refused")
        }
    }

    private let store: any ScheduleStore
    private let timers: [Operation: Timers]
    private let tracer: (any Tracer)?

    /// Measures the calls to `store`.
    ///
    /// - Parameters:
    ///   - store: performs the calls.
    ///   - factory: makes the timers.
    ///   - tracer: opens a span for each call; `nil` for none.
    public init(_ store: any ScheduleStore, metrics factory: any MetricsFactory, tracer: (any Tracer)? = nil) {
        self.store = store
        self.tracer = tracer
        timers = Dictionary(uniqueKeysWithValues: Operation.allCases.map { ($0, Timers($0, factory)) })
    }

    private func measured<Value>(
        _ operation: Operation,
        _ call: () async throws(ScheduleStoreError) -> Value
    ) async throws(ScheduleStoreError) -> Value {
        let span = tracer?.startSpan("clockwork store \(operation.rawValue)", ofKind: .client)
        defer { span?.end() }
        let start = ContinuousClock.now
        do throws(ScheduleStoreError) {
            let value = try await call()
            record(start, timers[operation]?.ok)
            return value
        } catch {
            span?.recordError(error)
            span?.setStatus(SpanStatus(code: .error))
            switch error.code {
            case .unavailable: record(start, timers[operation]?.unavailable)
            case .refused, .inUse: record(start, timers[operation]?.refused)
            }
            throw error
        }
    }

    private func record(_ start: ContinuousClock.Instant, _ timer: Timer?) {
        timer?.record(duration: .now - start)
    }

    /// Measured like every call.
    public func apply(_ changes: [KeyChange], partition: Int32) async throws(ScheduleStoreError) {
        try await measured(.apply) { () throws(ScheduleStoreError) in
            try await store.apply(changes, partition: partition)
        }
    }

    /// Measured like every call.
    public func lookUp(_ keys: [ScheduleKey], partition: Int32) async throws(ScheduleStoreError) -> [KeyLookup] {
        try await measured(.lookUp) { () throws(ScheduleStoreError) in
            try await store.lookUp(keys, partition: partition)
        }
    }

    /// Measured like every call.
    public func page(
        partition: Int32,
        after position: Position,
        through end: EpochMilliseconds,
        limit: Int
    ) async throws(ScheduleStoreError) -> TimelinePage {
        try await measured(.page) { () throws(ScheduleStoreError) in
            try await store.page(partition: partition, after: position, through: end, limit: limit)
        }
    }

    /// Measured like every call.
    @discardableResult
    public func save(_ progress: PartitionProgress) async throws(ScheduleStoreError) -> Bool {
        try await measured(.save) { () throws(ScheduleStoreError) in try await store.save(progress) }
    }

    /// Measured like every call.
    public func progress() async throws(ScheduleStoreError) -> [PartitionProgress] {
        try await measured(.progress) { () throws(ScheduleStoreError) in try await store.progress() }
    }
}
