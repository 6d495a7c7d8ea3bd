public import Logging

/// The subject of a log line. Each category has a level of its own, `LOG_LEVEL_<CATEGORY>`.
public enum LogCategory: String, CaseIterable, Sendable {
    /// The pod: its group, and its partitions.
    case pod
    /// Deliveries to topics and URLs, and dead letters.
    case delivery
    /// The store and the calls to it.
    case store
    /// The log lines of librdkafka.
    case kafka
    /// The HTTP API.
    case api
    /// Metrics that are sent to Elasticsearch.
    case metrics

    /// The subject of the category, in one phrase.
    var meaning: String {
        switch self {
        case .pod: "lines about the pod and its partitions"
        case .delivery: "lines about deliveries, callbacks and dead letters"
        case .store: "lines about the store"
        case .kafka: "lines of the Kafka library"
        case .api: "lines about the HTTP API"
        case .metrics: "lines about sending metrics"
        }
    }

    /// The label of its loggers.
    var label: String { "clockwork.\(rawValue)" }
}

extension Logger {
    /// This logger for the lines of a category: with the category's label, and with its level if one is set.
    ///
    /// A logger of another kind, such as that of a test, stays as it is.
    public func inCategory(_ category: LogCategory) -> Logger {
        guard let handler = handler as? LineLogHandler else { return self }
        return Logger(label: category.label) { _ in handler.inCategory(category) }
    }
}
