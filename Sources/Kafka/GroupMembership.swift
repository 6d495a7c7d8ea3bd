internal import CKafka
internal import Logging

/// The consumer's side of the group protocol: librdkafka's callbacks write it and the polling thread reads it.
///
/// All callbacks run inside `poll` or `close`, on the thread that called it; nothing here is shared.
///
/// An assignment is answered in its callback, with no partition to read: until the answer, librdkafka stops the
/// partitions being read, and the group waits. Reading starts later, partition by partition, perhaps while a revocation
/// is unanswered. That does not answer the revocation: librdkafka accepts only a call that stops reading as its answer.
///
/// librdkafka lets a revocation be answered long after its callback has returned. Meanwhile the member's heartbeats go
/// on as long as the application polls, and no further rebalance starts. Two things follow. A member may take as long
/// over a revocation as the group's other members may wait (`max.poll.interval.ms` is the group's rebalance timeout).
/// And a session that ends meanwhile is not reported as a lost assignment, because a rebalance is in progress; only the
/// member id is gone. So the member id is checked now and then during the wait (`checkSession`).
final class GroupMembership {
    /// An unanswered revocation.
    private struct Revocation {
        /// The partitions that the answer names.
        let all: [Int32]
        /// The partitions that it waits for.
        var remaining: Set<Int32>
    }

    let logger: Logger
    let contact = GroupContact()
    private let topic: String
    /// Events from callbacks since the last `takeEvents`.
    private var events: [ConsumerEvent] = []
    private var revocation: Revocation?
    /// The partitions that the group gave this member, whether reading has started or not.
    private var owned: Set<Int32> = []
    /// The part of `owned` that librdkafka has been told to read.
    private var reading: Set<Int32> = []
    /// The new starts of partitions being read, applied once the unanswered revocation is answered: to stop reading
    /// before that would answer it.
    private var restarts: [Int32: Int64] = [:]
    /// Partitions that hand out no records, since their assignment.
    private var paused: Set<Int32> = []
    private var isClosing = false
    private var nextSessionCheck = ContinuousClock.now

    private static let sessionCheckInterval = Duration.milliseconds(250)

    init(topic: String, logger: Logger) {
        self.topic = topic
        self.logger = logger
    }

    /// Hands out the events since the last call, in order.
    func takeEvents() -> [ConsumerEvent] {
        guard !events.isEmpty else { return [] }
        defer { events.removeAll(keepingCapacity: true) }
        return events
    }

    // MARK: Answers

    /// Starts reading the partitions that are still owned; those already being read start again.
    func assign(_ offsets: [Int32: Int64], client: OpaquePointer) throws(KafkaError) {
        // The call would make librdkafka forget that the assignment is lost, and report the loss as a revocation.
        guard rd_kafka_assignment_lost(client) == 0 else { return }
        var start = offsets.filter { owned.contains($0.key) }
        if let revocation {
            start = start.filter { !revocation.all.contains($0.key) }
            let deferred = start.filter { reading.contains($0.key) }
            restarts.merge(deferred) { _, new in new }
            paused.subtract(deferred.keys)
            // Records from their present position belong to nobody.
            try setPause(true, deferred.keys, client: client)
            start = start.filter { deferred[$0.key] == nil }
        }
        paused.subtract(start.keys)
        try startReading(start, client: client)
    }

    private func startReading(_ start: [Int32: Int64], client: OpaquePointer) throws(KafkaError) {
        guard !start.isEmpty else { return }
        // A partition that has stopped after an error cannot be set to another offset; it has to be stopped and
        // started.
        try stopReading(reading.intersection(start.keys), client: client)
        try Self.check(
            PartitionList(topic: topic, offsets: start).withPointer { list in
                // librdkafka keeps a pause beyond its assignment.
                rd_kafka_resume_partitions(client, list)
                return rd_kafka_incremental_assign(client, list)
            }
        )
        reading.formUnion(start.keys)
        try setPause(true, paused.intersection(start.keys), client: client)
    }

    /// Stops handing out records of these partitions, or continues.
    func setPaused(_ isPaused: Bool, _ partitions: [Int32], client: OpaquePointer) throws(KafkaError) {
        if isPaused { paused.formUnion(partitions) } else { paused.subtract(partitions) }
        // A partition that is to start again stays paused until then.
        try setPause(isPaused, partitions.filter { restarts[$0] == nil }, client: client)
    }

    private func setPause(
        _ isPaused: Bool,
        _ partitions: some Collection<Int32>,
        client: OpaquePointer
    ) throws(KafkaError) {
        guard !partitions.isEmpty else { return }
        try KafkaConsumer.check(
            PartitionList(topic: topic, partitions: partitions).withPointer {
                isPaused ? rd_kafka_pause_partitions(client, $0) : rd_kafka_resume_partitions(client, $0)
            }
        )
    }

    private func answerAssignment(client: OpaquePointer) throws(KafkaError) {
        try Self.check(
            PartitionList(topic: topic, offsets: [:]).withPointer { rd_kafka_incremental_assign(client, $0) }
        )
    }

    /// Notes that the partitions are drained, and answers the revocation once all of them are.
    func completeRevocation(_ partitions: [Int32], client: OpaquePointer) throws(KafkaError) {
        revocation?.remaining.subtract(partitions)
        guard let revocation, revocation.remaining.isEmpty else { return }
        try release(revocation.all, client: client)
    }

    /// Reports a revocation as lost when the member's session has ended while it waited.
    func checkSession(client: OpaquePointer) throws(KafkaError) {
        guard let all = revocation?.all else { return }
        let now = ContinuousClock.now
        guard now >= nextSessionCheck else { return }
        nextSessionCheck = now + Self.sessionCheckInterval
        guard Self.memberID(of: client) == nil else { return }
        events.append(.lost(all))
        try release(all, client: client)
    }

    /// Answers the unanswered revocation, and answers at once from now on, so that leaving the group waits for nobody.
    func beginClosing(client: OpaquePointer) {
        isClosing = true
        do throws(KafkaError) {
            if let revocation { try release(revocation.all, client: client) }
        } catch {
            logger.debug("the last revocation could not be answered", metadata: ["error": "\(error)"])
        }
    }

    private func release(_ partitions: [Int32], client: OpaquePointer) throws(KafkaError) {
        revocation = nil
        owned.subtract(partitions)
        // librdkafka refuses a list with a partition it was never told to read.
        let stop = reading.intersection(partitions)
        reading.subtract(stop)
        try unassign(stop, client: client)
        let starts = restarts.filter { owned.contains($0.key) }
        restarts = [:]
        paused.formIntersection(owned)
        if rd_kafka_assignment_lost(client) == 0 { try startReading(starts, client: client) }
    }

    private func stopReading(_ partitions: Set<Int32>, client: OpaquePointer) throws(KafkaError) {
        guard !partitions.isEmpty else { return }
        reading.subtract(partitions)
        try unassign(partitions, client: client)
    }

    private func unassign(_ partitions: Set<Int32>, client: OpaquePointer) throws(KafkaError) {
        try Self.check(
            PartitionList(topic: topic, partitions: partitions).withPointer {
                rd_kafka_incremental_unassign(client, $0)
            }
        )
    }

    private static func check(_ error: OpaquePointer?) throws(KafkaError) {
        if let error {
            throw KafkaError(consuming: error)
        }
    }

    /// The member id, `nil` while this consumer is no member.
    private static func memberID(of client: OpaquePointer) -> String? {
        guard let text = rd_kafka_memberid(client) else { return nil }
        defer { rd_kafka_mem_free(client, text) }
        return text.pointee == 0 ? nil : String(cString: text)
    }

    // MARK: Callbacks

    /// Registers the callbacks, which hold an unretained reference to this object.
    func register(in conf: OpaquePointer) {
        contact.register(in: conf)
        rd_kafka_conf_set_opaque(conf, Unmanaged.passUnretained(self).toOpaque())
        rd_kafka_conf_set_rebalance_cb(conf) { client, code, list, opaque in
            guard let client, let list, let opaque else { return }
            GroupMembership.from(opaque).rebalanced(client, code, list.elements.map(\.partition))
        }
        rd_kafka_conf_set_offset_commit_cb(conf) { _, code, list, opaque in
            guard let opaque else { return }
            GroupMembership.from(opaque).committed(code, list)
        }
        rd_kafka_conf_set_stats_cb(conf) { _, json, size, opaque in
            guard let json, let opaque else { return 0 }
            let statistics = KafkaStatistics(json: UnsafeRawBufferPointer(start: json, count: size))
            GroupMembership.from(opaque).events.append(.statistics(statistics))
            return 0
        }
        rd_kafka_conf_set_error_cb(conf) { client, code, text, opaque in
            guard let client, let opaque else { return }
            GroupMembership.from(opaque).failed(client, code, text)
        }
        rd_kafka_conf_set_log_cb(conf) { client, level, facility, text in
            guard let client, let opaque = rd_kafka_opaque(client) else { return }
            KafkaLog.write(level: level, facility: facility, text: text, to: GroupMembership.from(opaque).logger)
        }
    }

    private static func from(_ opaque: UnsafeMutableRawPointer) -> GroupMembership {
        Unmanaged<GroupMembership>.fromOpaque(opaque).takeUnretainedValue()
    }

    private func rebalanced(_ client: OpaquePointer, _ code: rd_kafka_resp_err_t, _ partitions: [Int32]) {
        do throws(KafkaError) {
            switch code {
            case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
                contact.confirmAnswer()
                owned.formUnion(partitions)
                try answerAssignment(client: client)
                events.append(.assigned(partitions))
            case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS where rd_kafka_assignment_lost(client) != 0:
                events.append(.lost(partitions))
                try release(partitions, client: client)
            case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
                revocation = Revocation(all: partitions, remaining: Set(partitions))
                nextSessionCheck = .now + Self.sessionCheckInterval
                if isClosing {
                    try release(partitions, client: client)
                } else {
                    events.append(.revoked(partitions))
                }
            default:
                // The group's state is unknown: give up everything, and the group starts over.
                events.append(.error(KafkaError(code)))
                events.append(.lost(Array(owned)))
                revocation = nil
                owned.removeAll()
                reading.removeAll()
                restarts = [:]
                rd_kafka_assign(client, nil)
            }
        } catch {
            events.append(error.isFatal ? .fatal(error) : .error(error))
        }
    }

    private func committed(
        _ code: rd_kafka_resp_err_t,
        _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
    ) {
        guard let list else { return }
        var outcomes: [Int32: [Int32: Int64]] = [:]
        for element in list.elements {
            let outcome = code == RD_KAFKA_RESP_ERR_NO_ERROR ? element.err : code
            outcomes[outcome.rawValue, default: [:]][element.partition] = element.offset
        }
        for (code, offsets) in outcomes {
            events.append(.committed(code == 0 ? nil : KafkaError(code: code), offsets: offsets))
        }
    }

    private func failed(_ client: OpaquePointer, _ code: Int32, _ text: UnsafePointer<CChar>?) {
        let error = KafkaError(
            code: code,
            message: text.map { String(cString: $0) },
            isFatal: code == RD_KAFKA_RESP_ERR__FATAL.rawValue
        )
        events.append(event(of: error, partition: nil))
    }

    /// The event of an error, for the reader of this partition.
    func event(of error: KafkaError, partition: Int32?) -> ConsumerEvent {
        if error.isFatal { return .fatal(error) }
        // Only some errors of an unknown topic name a partition, and all partitions are then affected.
        var doubted: [Int32] = []
        if error.isOffsetOutOfRange, let partition {
            doubted = [partition]
        } else if error.isUnknownTopic {
            doubted = reading.sorted()
        }
        return doubted.isEmpty ? .error(error) : .logDoubted(doubted, error)
    }
}
