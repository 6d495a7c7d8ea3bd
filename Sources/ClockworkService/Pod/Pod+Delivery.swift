internal import Kafka
internal import Logging
internal import Scheduling
internal import Synchronization

extension Pod {
    /// Hands a due schedule to the producer, or has its callback made.
    func send(_ delivery: Delivery, _ owner: PartitionOwner, _ now: Moment) {
        let schedule = delivery.schedule
        switch schedule.target {
        case .topic:
            self.delivery.send(delivery, of: owner.sender, now: now)
        case .callback(let target):
            callbacks.send(
                CallbackSender.Call(
                    owner: owner.number,
                    partition: owner.partition,
                    token: delivery.token,
                    schedule: schedule,
                    target: target,
                    wasDueOnArrival: delivery.wasDueOnArrival
                ),
                now: now.wall
            )
        }
    }

    /// Tells owners what became of their deliveries and callbacks.
    func takeOutcome() {
        let now = look()
        let calls = callbacks.takeOutcome(now: now.wall, maySend: now.isSure)
        tell(calls.delivered, now) { $0.delivered($1, now: now.wall, &$2) }
        tell(calls.failed, now) { $0.deliveryFailed($1, now: now.wall, &$2) }
        tell(calls.putOff, now) { $0.deliveriesPutOff($1, now: now.wall, &$2) }
        let outcome = delivery.takeOutcome(now: now)
        for producer in delivery.takeRetired() { destroy(producer) }
        tell(outcome.delivered, now) { $0.delivered($1, now: now.wall, &$2) }
        tell(outcome.failed, now) { $0.deliveryFailed($1, now: now.wall, &$2) }
        tell(outcome.deadLettered, now) { $0.deliveryDeadLettered($1, now: now.wall, &$2) }
        tell(outcome.rejectionsDeadLettered, now) { scheduler, offsets, effects in
            for offset in offsets { scheduler.requestDeadLettered(offset, now: now.wall, &effects) }
        }
    }

    /// Gives owners what there is for them; those that are gone miss nothing.
    private func tell<News>(
        _ news: [UInt32: News],
        _ now: Moment,
        _ event: (inout PartitionScheduler, News, inout Effects) -> Void
    ) {
        for (number, news) in news {
            guard let owner = owners[number] else { continue }
            step(owner, now) { event(&$0, news, &$1) }
        }
    }

    /// Lets go of a producer, its last user, on a thread that may block.
    private func destroy(_ producer: KafkaProducer) {
        let held = LastUse(of: producer)
        start { await BlockingCall.run(named: "clockwork-retire") { held.release() } }
    }

    /// Asks the brokers whether a delivery topic exists.
    func make(_ check: TopicCheck) {
        start { [self] in
            var exists: Bool?
            do throws(KafkaError) {
                exists = try await check.ask(timeout: Self.topicCheckTimeout)
            } catch {
                logger.warning("topic not checked", metadata: ["topic": "\(check.topic)", "error": "\(error)"])
            }
            await made(check, exists: exists)
        }
    }

    private func made(_ check: TopicCheck, exists: Bool?) {
        delivery.topicChecked(check.topic, exists: exists, now: look())
    }
}

/// Holds a producer until it is told to let go.
private final class LastUse: Sendable {
    private let producer: Mutex<KafkaProducer?>

    init(of producer: KafkaProducer) {
        self.producer = Mutex(producer)
    }

    func release() {
        producer.withLock { $0 = nil }
    }
}
