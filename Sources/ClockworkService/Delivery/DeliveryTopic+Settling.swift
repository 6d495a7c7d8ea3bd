internal import Runtime
internal import Scheduling

/// Pauses of deliveries, in milliseconds.
enum DeliveryPause {
    /// Before records are produced again.
    static let retry: Int64 = 500
    /// The longest before records of a doubtful topic are produced again.
    static let longestInDoubt: Int64 = 5_000
    /// How long a refused dead letter stays aside.
    static let aside: Int64 = 5_000
    /// Before a topic that was not found, or was given up, is checked again.
    static let confirmation: Int64 = 2_000
    /// After a topic check that got no answer.
    static let failedCheck: Int64 = 1_000
}

/// The meaning of an attempt's end for a record and its topic.
extension DeliveryTopic {
    /// The result for a record.
    enum Settlement {
        /// It has ended. `isRecovery` if its topic had taken nothing for a while.
        case ended(DeliveryEnd, isRecovery: Bool = false)
        /// It waits here again, until its turn.
        case waits
        /// It waits here again, for this cause; the topic needs attention at that time.
        case waitsUntil(Uptime, RetryCause, isFirst: Bool)
        /// The doubt has lasted: all waiting deliveries fail like this. The topic needs attention at that time.
        case givenUp(DeliveryFailure, until: Uptime)
    }

    /// The producer has reported on a record that has left it.
    mutating func settle(_ record: OutgoingRecord, _ verdict: ReportVerdict, now: Uptime) -> Settlement {
        switch verdict {
        case .written:
            .ended(record.written, isRecovery: hasTaken())
        case .tooLarge(let reason):
            refuse(record, record.afterTooLarge(), .refused(by: name, reason), now)
        case .recordRefused(let reason):
            refuse(record, record.afterRefusal(), .refused(by: name, reason), now)
        case .unknownTopic:
            doubt(record, .unknown(name), now)
        case .topicRefuses(let reason):
            doubt(record, .refused(by: name, reason), now)
        case .retry(let reason):
            retry(record, .outage(reason: reason), after: DeliveryPause.retry, now)
        }
    }

    /// A record was refused: it goes on as `next`. If nothing is left to try, a delivery fails. A dead letter steps
    /// aside and is tried until it is written, since nothing is dropped silently.
    private mutating func refuse(
        _ record: OutgoingRecord,
        _ next: OutgoingRecord?,
        _ failure: DeliveryFailure,
        _ now: Uptime
    ) -> Settlement {
        switch (next, record.content) {
        case (let next?, _):
            putBack(next)
            return .waits
        case (nil, .delivery):
            return .ended(record.failed(failure))
        case (nil, .deadLetter):
            let time = now.advanced(byMilliseconds: DeliveryPause.aside)
            setAside(record, until: time)
            return waits(until: time, .deadLetterRefused(reason: failure.detail))
        }
    }

    /// The topic does not exist, or takes nothing: its records are held until that is final. For dead letters it never
    /// is.
    private mutating func doubt(_ record: OutgoingRecord, _ failure: DeliveryFailure, _ now: Uptime) -> Settlement {
        let isFinal = isDoubted(now: now)
        let pause = max(DeliveryPause.retry, min(doubt?.age ?? 0, DeliveryPause.longestInDoubt))
        if case .deadLetter = record.content {
            return retry(record, .deadLetterRefused(reason: failure.detail), after: pause, now)
        }
        guard state == .known else {
            putBack(record)
            return .waits
        }
        if failure.code == .unknownTopic { state = .unknown }
        if isFinal {
            putBack(record)
            let next = now.advanced(byMilliseconds: DeliveryPause.confirmation)
            return .givenUp(failure, until: self.pause(until: next, now: now))
        }
        return retry(record, .outage(reason: failure.detail), after: pause, now)
    }

    private mutating func retry(
        _ record: OutgoingRecord,
        _ cause: RetryCause,
        after pause: Int64,
        _ now: Uptime
    ) -> Settlement {
        putBack(record)
        return waits(until: self.pause(until: now.advanced(byMilliseconds: pause), now: now), cause)
    }

    private mutating func waits(until time: Uptime, _ cause: RetryCause) -> Settlement {
        .waitsUntil(time, cause, isFirst: isTroubled(by: cause))
    }
}

/// The meaning of a check's answer for a topic.
extension DeliveryTopic {
    /// The consequence of a check.
    enum CheckOutcome {
        case nothing
        /// It may have its turn.
        case attend
        /// It needs attention at that time. Until then, its waiting deliveries fail like this.
        case wait(until: Uptime, DeliveryFailure? = nil)
    }

    /// The brokers have answered a check.
    mutating func checked(_ answer: TopicAnswer, now: Uptime) -> CheckOutcome {
        guard state == .checking else { return .nothing }
        switch answer {
        case .none:
            return wait(DeliveryPause.failedCheck, now)
        case .exists:
            isFound()
            return .attend
        case .isMissing where !hasWaiting:
            state = .unknown  // Nothing is due yet: its first record has it checked again.
            return .nothing
        case .isMissing:
            return wait(DeliveryPause.confirmation, now, isDoubted(now: now) ? .unknown(name) : nil)
        }
    }

    private mutating func wait(_ pause: Int64, _ now: Uptime, _ failure: DeliveryFailure? = nil) -> CheckOutcome {
        let time = now.advanced(byMilliseconds: pause)
        state = .waiting(until: time)
        return .wait(until: time, failure)
    }
}
