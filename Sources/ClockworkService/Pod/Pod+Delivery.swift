internal import Kafka
internal import Logging
internal import Scheduling
internal import Synchronization

extension Pod {
    /// Hands a due schedule to the producer, or has its callback made.
    func send(_ delivery: Delivery, _ owner: PartitionOwner, _ now: Moment) {
        let schedule = delivery.schedule
        switch schedule.target {
        case .topic(let topic):
            self.delivery.send(
                OutgoingRecord(
                    delivery: delivery,
                    owner: owner.number,
                    partition: owner.partition,
                    topic: topic
                ),
                now: now
            )
        case .callback:
            callbacks.send(delivery, of: Sender(owner: owner.number, partition: owner.partition), now: now)
        }
    }

    /// Sends a failed delivery to the dead-letter topic: the record that would have been delivered, and why it was not.
    func deadLetter(_ failed: Effects.FailedDelivery, _ owner: PartitionOwner, _ now: Moment) {
        metrics.deadLettered(failed.failure.code)
        let schedule = failed.delivery.schedule
        logger.debug(
            "delivery failed",
            metadata: [
                "partition": "\(owner.partition)", "offset": "\(schedule.position.offset)",
                "client": "\(schedule.key.clientID)", "key": "\(schedule.key.scheduleKey)",
                "code": "\(failed.failure.code.rawValue)",
            ]
        )
        var headers = recordID.deliveredHeaders(of: schedule, partition: owner.partition)
        recordID.addDeadLetterHeaders(
            to: &headers,
            code: failed.failure.code,
            detail: failed.failure.detail,
            partition: owner.partition,
            offset: schedule.position.offset
        )
        delivery.send(
            OutgoingRecord(
                purpose: .failedDelivery(owner: owner.number, token: failed.delivery.token),
                topic: settings.deadLetterTopic,
                key: Array(schedule.orderingKey.utf8),
                value: schedule.payload,
                headers: headers,
                detail: failed.failure.detail
            ),
            now: now
        )
    }

    /// Sends a request that cannot be accepted to the dead-letter topic, as it came, and why.
    func deadLetter(_ record: IntakeReader.RejectedRecord, _ owner: PartitionOwner, _ now: Moment) {
        metrics.deadLettered(record.rejection.code)
        logger.debug(
            "request rejected",
            metadata: [
                "partition": "\(owner.partition)", "offset": "\(record.offset)",
                "code": "\(record.rejection.code.rawValue)",
            ]
        )
        var headers = record.headers
        recordID.addDeadLetterHeaders(
            to: &headers,
            code: record.rejection.code,
            detail: record.rejection.detail,
            partition: owner.partition,
            offset: record.offset
        )
        delivery.send(
            OutgoingRecord(
                purpose: .rejectedRequest(owner: owner.number, offset: record.offset),
                topic: settings.deadLetterTopic,
                key: record.key,
                value: record.value,
                headers: headers,
                detail: record.rejection.detail
            ),
            now: now
        )
    }

    /// Tells owners what became of their deliveries and callbacks.
    func takeOutcome() {
        let now = look()
        let calls = callbacks.takeOutcome(now: now)
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
    func lookFor(_ topic: String) {
        start { [self] in
            var exists: Bool?
            do throws(KafkaError) {
                exists = try await consumer.partitionCount(of: topic, timeout: Self.lookTimeout) != nil
            } catch {
                logger.warning("topic not looked up", metadata: ["topic": "\(topic)", "error": "\(error)"])
            }
            await looked(for: topic, exists: exists)
        }
    }

    private func looked(for topic: String, exists: Bool?) {
        delivery.topicLookedUp(topic, exists: exists, now: look())
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
