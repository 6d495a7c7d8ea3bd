internal import Logging
internal import Scheduling

extension TopicChannel {
    /// Sends a failed delivery to the dead-letter topic: the record that would have been delivered, and the reason.
    func deadLetter(_ failed: Effects.FailedDelivery, of sender: Sender, now: Moment) {
        metrics.deadLettered(failed.failure.code)
        let schedule = failed.delivery.schedule
        logger.debug(
            "delivery failed",
            metadata: [
                "partition": "\(sender.partition)", "offset": "\(schedule.position.offset)",
                "client": "\(schedule.key.clientID)", "key": "\(schedule.key.scheduleKey)",
                "code": "\(failed.failure.code.rawValue)",
            ]
        )
        write(DeadLetter(failed, partition: sender.partition, headers: deliveredHeaders), of: sender, now: now)
    }

    /// Sends a request that cannot be accepted to the dead-letter topic, as it came, with the reason.
    func deadLetter(_ rejected: RequestBatcher.RejectedRecord, of sender: Sender, now: Moment) {
        metrics.deadLettered(rejected.rejection.code)
        logger.debug(
            "request rejected",
            metadata: [
                "partition": "\(sender.partition)", "offset": "\(rejected.offset)",
                "code": "\(rejected.rejection.code.rawValue)",
            ]
        )
        write(DeadLetter(rejected, partition: sender.partition, headers: deliveredHeaders), of: sender, now: now)
    }
}
