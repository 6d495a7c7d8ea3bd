internal import CoreMetrics
internal import PrometheusMetrics
internal import Scheduling

/// Counts the outcomes of deliveries to topics, and dead letters. Outcomes are counted as plain numbers on the event
/// loop and published once a turn. Dead letters are few, so each is published at once.
///
/// Belongs to the `TopicChannel` and is used on its event loop only.
struct DeliveryMetrics {
    /// The most topics that have series of their own: the first ones that get a delivery.
    static let maxTopics = 100

    private struct Topic {
        let delivered: Counter
        let failed: Counter
        var newDelivered = 0
        var newFailed = 0

        init(_ name: String, _ registry: MetricsRegistry) {
            delivered = Metric.deliveries.counter(registry, "topic", name, "delivered")
            failed = Metric.deliveries.counter(registry, "topic", name, "failed")
        }
    }

    private let registry: MetricsRegistry
    private var lateness: HistogramTally
    private let deadLetters: [DeadLetterCode: Counter]
    private let retries: Counter
    private var newRetries = 0
    private var topics: SeriesPlaces<Topic>
    private var hasNews = false

    init(_ registry: MetricsRegistry) {
        self.registry = registry
        lateness = registry.makeTally(label: Metric.deliveryLateness.name)
        deadLetters = Dictionary(
            uniqueKeysWithValues: DeadLetterCode.allCases.map { code in
                (code, Metric.deadLetters.counter(registry, code.rawValue))
            }
        )
        retries = Metric.deliveryRetries.counter(registry)
        topics = SeriesPlaces(limit: Self.maxTopics, others: Topic(MetricsRegistry.otherValue, registry))
    }

    /// A topic has acknowledged a delivery. `lateness` is in milliseconds after the schedule time, and `nil` if the
    /// schedule was already due when it became known.
    mutating func delivered(to topic: String, lateness milliseconds: Int64?) {
        let registry = registry
        let place = topics.place(of: topic) { Topic(topic, registry) }
        topics[place].newDelivered += 1
        hasNews = true
        // Never negative: a clock may have been set back meanwhile.
        if let milliseconds { lateness.record(Double(max(milliseconds, 0)) / 1_000) }
    }

    /// A delivery can never succeed. A topic that does not exist has no series, because its name comes from outside.
    mutating func failed(to topic: String) {
        topics[topics.known(topic)].newFailed += 1
        hasNews = true
    }

    /// A record goes to the dead-letter topic.
    func deadLettered(_ code: DeadLetterCode) {
        deadLetters[code]?.increment()
    }

    /// A record is produced again.
    mutating func retried() {
        newRetries += 1
        hasNews = true
    }

    /// Publishes the counts so far.
    mutating func publish() {
        guard hasNews else { return }
        hasNews = false
        for place in topics.all.indices {
            publish(&topics[place].newDelivered, topics[place].delivered)
            publish(&topics[place].newFailed, topics[place].failed)
        }
        publish(&newRetries, retries)
        lateness.publish()
    }

    private func publish(_ count: inout Int, _ counter: Counter) {
        guard count > 0 else { return }
        counter.increment(by: count)
        count = 0
    }
}
