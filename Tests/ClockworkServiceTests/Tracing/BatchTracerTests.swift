import InMemoryTracing
import PrometheusMetrics
import Scheduling
import Testing
import Tracing

@testable import ClockworkService

@Suite struct BatchTracerTests {
    private let tracer = InMemoryTracer()

    private func schedule(_ offset: Int64, traced: Bool) -> Schedule {
        var headers = RecordHeaders()
        headers.append(name: "other", value: "x")
        if traced {
            headers.append(name: InMemoryTracer.traceIDKey, value: "trace-\(offset)")
            headers.append(name: InMemoryTracer.spanIDKey, value: "span-\(offset)")
        }
        return Schedule(
            key: ScheduleKey(clientID: "c", scheduleKey: "\(offset)"),
            position: Position(time: .zero, offset: offset),
            orderingKey: "o",
            target: .topic("t"),
            payload: nil,
            headers: headers
        )
    }

    private func links(_ span: FinishedInMemorySpan) -> [String] {
        span.links.compactMap { $0.context.inMemorySpanContext?.traceID }
    }

    @Test func `a batch of requests has one span, linked to the traces of its records`() throws {
        let items = [
            IntakeItem.request(.create(schedule(1, traced: true))), .rejected(offset: 2),
            .request(.create(schedule(3, traced: false))), .request(.create(schedule(4, traced: true))),
        ]
        BatchTracer(tracer: tracer).intake(items, partition: 7).end()
        let span = try #require(tracer.finishedSpans.first)
        #expect(tracer.finishedSpans.count == 1)
        #expect(span.operationName == "clockwork intake")
        #expect(span.kind == .consumer)
        #expect(span.attributes.get("messaging.destination.partition.id") == "7")
        #expect(span.attributes.get("messaging.batch.message_count") == .int64(4))
        #expect(links(span) == ["trace-1", "trace-4"])
    }

    @Test func `a batch of deliveries has one span, with a bounded number of links`() throws {
        let deliveries = (0..<300).map { Delivery(token: UInt32($0), schedule: schedule($0, traced: true)) }
        BatchTracer(tracer: tracer).delivery(deliveries, partition: 0).end()
        let span = try #require(tracer.finishedSpans.first)
        #expect(span.kind == .producer)
        #expect(links(span) == (0..<BatchTracer.maxLinks).map { "trace-\($0)" })
    }

    @Test func `calls to the store are traced, and their failures are told`() async throws {
        let store = ObservedStore(BrokenStore(), metrics: MetricsRegistry(Metric.all), tracer: tracer)
        _ = try await store.lookUp([], partition: 0)
        await #expect(throws: ScheduleStoreError.self) { try await store.apply([], partition: 0) }
        let spans = tracer.finishedSpans
        #expect(spans.map(\.operationName) == ["clockwork store look_up", "clockwork store apply"])
        #expect(spans.map(\.errors.count) == [0, 1])
        #expect(spans.map { $0.status?.code == .error } == [false, true])
    }

    @Test func `calls to the store are counted by operation and result`() async throws {
        let registry = MetricsRegistry(Metric.all)
        let store = ObservedStore(BrokenStore(), metrics: registry)
        for _ in 0..<3 { _ = try await store.lookUp([], partition: 0) }
        try? await store.apply([], partition: 0)
        _ = try? await store.save(
            PartitionProgress(
                partition: 0,
                owner: "",
                epoch: 0,
                executedUpTo: nil,
                pendingResident: 0,
                committedOffset: nil,
                updatedAt: .zero
            )
        )
        let reading = try #require(
            registry.read().first { $0.description.name == "clockwork_store_call_duration_seconds" }
        )
        let counts = reading.series.compactMap { series -> String? in
            guard case .histogram(let buckets, _) = series.value, let count = buckets.last?.count, count > 0 else {
                return nil
            }
            return series.labels.map(\.value).joined(separator: " ") + " \(count)"
        }
        #expect(counts == ["apply unavailable 1", "look_up ok 3", "save refused 1"])
    }
}

/// A store that can be read and not written.
private struct BrokenStore: ScheduleStore {
    func apply(_ changes: [KeyChange], partition: Int32) async throws(ScheduleStoreError) {
        throw ScheduleStoreError(code: .unavailable, message: "broken")
    }

    func lookUp(_ keys: [ScheduleKey], partition: Int32) async throws(ScheduleStoreError) -> [KeyLookup] { [] }

    func page(
        partition: Int32,
        after position: Position,
        through end: EpochMilliseconds,
        limit: Int
    ) async throws(ScheduleStoreError) -> TimelinePage {
        TimelinePage(items: [], reachedEnd: true)
    }

    func save(_ progress: PartitionProgress) async throws(ScheduleStoreError) -> Bool {
        throw ScheduleStoreError(code: .refused, message: "broken")
    }

    func progress() async throws(ScheduleStoreError) -> [PartitionProgress] { [] }
}
