internal import Scheduling
internal import Tracing

/// Opens a span for each batch of records.
///
/// A span for each record would cost more than the work on the record. So a batch has one span, with a link to the
/// trace that each record's own headers name (`traceparent`, or other headers that the tracer reads). The headers are
/// carried unchanged. Without a tracer there is no `BatchTracer`, and no span is made.
struct BatchTracer: Sendable {
    /// The most links of a span; OpenTelemetry drops further ones.
    static let maxLinks = 128

    let tracer: any Tracer

    /// Opens the span of requests that were read from a partition.
    func intake(_ items: [IntakeItem], partition: Int32) -> any Span {
        let span = start("clockwork intake", .consumer, partition: partition, count: items.count)
        link(
            span,
            items.lazy.compactMap { item in
                if case .request(.create(let schedule)) = item { schedule.headers } else { nil }
            }
        )
        return span
    }

    /// Opens the span of deliveries that are handed to the producer.
    func delivery(_ deliveries: [Delivery], partition: Int32) -> any Span {
        let span = start("clockwork delivery", .producer, partition: partition, count: deliveries.count)
        link(span, deliveries.lazy.map(\.schedule.headers))
        return span
    }

    private func start(_ name: String, _ kind: SpanKind, partition: Int32, count: Int) -> any Span {
        let span = tracer.startSpan(name, context: .topLevel, ofKind: kind)
        span.attributes["messaging.system"] = "kafka"
        span.attributes["messaging.destination.partition.id"] = "\(partition)"
        span.attributes["messaging.batch.message_count"] = count
        return span
    }

    private func link(_ span: any Span, _ headers: some Sequence<RecordHeaders>) {
        for headers in headers.lazy.filter({ !$0.isEmpty }).prefix(Self.maxLinks) {
            var context = ServiceContext.topLevel
            tracer.extract(headers, into: &context, using: HeaderExtractor())
            if !context.isEmpty { span.addLink(SpanLink(context: context, attributes: [:])) }
        }
    }
}

/// Finds the first header with a name.
private struct HeaderExtractor: Extractor {
    func extract(key: String, from headers: RecordHeaders) -> String? {
        var found: String?
        headers.forEach { name, value in
            guard found == nil, let value, name.elementsEqual(key.utf8) else { return }
            found = String(validating: value, as: UTF8.self)
        }
        return found
    }
}
