internal import Kafka
internal import Synchronization

/// Whether an owner still owns its partition. Store calls ask before they try: what an owner that has lost its
/// partition still writes is of no use to anybody.
final class Ownership: Sendable {
    private let hasEnded = Atomic(false)
    private let consumer: KafkaConsumer

    init(of consumer: KafkaConsumer) {
        self.consumer = consumer
    }

    var isCurrent: Bool { !hasEnded.load(ordering: .relaxed) }

    /// Whether that can be relied on just now (design: "Sure of its place").
    var isSure: Bool { consumer.isWithinSession }

    func end() {
        hasEnded.store(true, ordering: .relaxed)
    }
}
