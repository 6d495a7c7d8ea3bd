public import Logging

/// What a log line is about. Each category has a level of its own, `LOG_LEVEL_<CATEGORY>`.
public enum LogCategory: String, CaseIterable, Sendable {
    /// The pod: its group, its partitions, and what becomes of them.
    case pod
    /// Deliveries to topics and URLs, and dead letters.
    case delivery
    /// The store and the calls to it.
    case store
    /// What librdkafka says.
    case kafka
    /// The HTTP API.
    case api
    /// Metrics that are sent away.
    case metrics

    /// What its lines are about, in one phrase.
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
    /// A logger like this one for the lines of a category: under its label, and at its level where one is set.
    ///
    /// A logger that does not write Clockwork's lines, such as one of a test, stays as it is.
    public func inCategory(_ category: LogCategory) -> Logger {
        guard let handler = handler as? LineLogHandler else { return self }
        return Logger(label: category.label) { _ in handler.inCategory(category) }
    }
}
