internal import Kafka
internal import Synchronization

/// Whether an owner still owns its partition. Store calls check it before they try: a write by an owner that has lost
/// its partition is of no use.
final class Ownership: Sendable {
    private let hasEnded = Atomic(false)
    private let consumer: KafkaConsumer

    init(of consumer: KafkaConsumer) {
        self.consumer = consumer
    }

    var isCurrent: Bool { !hasEnded.load(ordering: .relaxed) }

    /// Whether the ownership is certain now (design: "Sure of its place").
    var isSure: Bool { consumer.isWithinSession }

    func end() {
        hasEnded.store(true, ordering: .relaxed)
    }
}
