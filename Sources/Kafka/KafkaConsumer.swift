internal import CKafka
public import Logging

/// A member of a consumer group that reads one topic, cooperatively and without committing anything by itself.
///
/// One thread at a time polls. That thread calls `poll`, `assign`, `completeRevocation`, `pause`, `resume` and
/// `commit`. `committedOffsets(of:timeout:)` and `groupGeneration` may be used from anywhere. `close` follows the last
/// poll, on any thread that may block.
///
/// Within an assignment records come in offset order without a gap. A record may be handed out again when a pause or a
/// rebalance interrupts its way through librdkafka's queues.
///
/// `@unchecked Sendable`: only the polling thread uses the mutable state, as described above; the rest is immutable.
public final class KafkaConsumer: @unchecked Sendable {
    /// The topic that is read.
    public let topic: String

    let client: KafkaClient
    private let membership: GroupMembership
    private let batch: UnsafeMutableBufferPointer<UnsafeMutablePointer<rd_kafka_message_t>?>
    private var isClosed = false

    /// The most records one `poll` hands out, whatever the caller asks for.
    public static let maxRecordsPerPoll = 2_000

    private static let defaults: KafkaProperties = [
        "statistics.interval.ms": "15000",
        // Bounds memory: fetched records that wait for a poll, over all partitions, in KiB and in records (each costs
        // some 350 bytes more). Not lower: with a full queue, librdkafka 2.0 may rest for up to a second before it
        // fetches again, so the queue should hold about a second of work.
        "queued.max.messages.kbytes": "65536",
        "queued.min.messages": "100000",
        "fetch.max.bytes": "16777216",
        "fetch.error.backoff.ms": "100",
    ]

    private static let required: KafkaProperties = [
        "partition.assignment.strategy": "cooperative-sticky",
        // A missing offset of the log is reported, instead of silently reading elsewhere.
        "auto.offset.reset": "error",
        "enable.auto.commit": "false",
        "enable.auto.offset.store": "false",
        "enable.partition.eof": "true",
        "allow.auto.create.topics": "false",
        "log.queue": "true",
    ]

    /// Joins `group` as a member that reads `topic`.
    ///
    /// - Parameters:
    ///   - topic: the topic to read; it need not exist yet.
    ///   - group: the group's id.
    ///   - properties: at least `bootstrap.servers`. They override this module's defaults, save those that
    ///     correctness rests on (assignment strategy, no automatic commit or reset of offsets, end-of-partition events,
    ///     no topic creation).
    ///     `group.instance.id` makes the membership static.
    ///   - logger: takes librdkafka's log lines, on the polling thread.
    /// - Throws: when a property is refused (`KafkaError.refusedProperty` names it) or the topic's name is illegal.
    public init(topic: String, group: String, properties: KafkaProperties, logger: Logger) throws(KafkaError) {
        self.topic = topic
        membership = GroupMembership(topic: topic, logger: logger)
        var required = Self.required
        required.set("group.id", to: group)
        let configuration = try KafkaConfiguration(
            defaults: .connections.overridden(by: Self.defaults),
            properties: properties,
            required: required
        )
        configuration.withPointer(membership.register)
        // librdkafka 2.0 never ends the threads of a consumer whose topic was deleted, but waits for them.
        client = KafkaClient(
            handle: try configuration.makeClient(RD_KAFKA_CONSUMER),
            callbackContext: membership,
            isDestroyedApart: true
        )
        membership.contact.sessionTimeout = .milliseconds(client.integer("session.timeout.ms"))
        batch = .allocate(capacity: Self.maxRecordsPerPoll)
        batch.initialize(repeating: nil)
        try subscribe()
    }

    deinit {
        batch.deallocate()
    }

    private func subscribe() throws(KafkaError) {
        try withList(PartitionList(topic: topic, partitions: [RD_KAFKA_PARTITION_UA])) {
            rd_kafka_subscribe($0, $1)
        }
    }

    private func withList(
        _ list: borrowing PartitionList,
        _ call: (OpaquePointer, UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> rd_kafka_resp_err_t
    ) throws(KafkaError) {
        try Self.check(list.withPointer { call(client.handle, $0) })
    }

    // MARK: Polling

    /// Hands out everything that has arrived, without waiting: first records, then events.
    ///
    /// - Parameters:
    ///   - maxRecords: the most records to take, 1 to `maxRecordsPerPoll`.
    ///   - onRecord: gets each record, lent for that call.
    ///   - onEvent: gets each event. `reachedEnd` and errors of a partition come in their place among the records.
    /// - Returns: whether more is probably waiting; poll again until it is `false` before waiting for the signal.
    public func poll(
        maxRecords: Int,
        onRecord: (borrowing KafkaRecord) -> Void,
        onEvent: (ConsumerEvent) -> Void
    ) -> Bool {
        guard !isClosed else { return false }
        let limit = min(max(maxRecords, 1), Self.maxRecordsPerPoll)
        // `rd_kafka_consumer_poll`, `rd_kafka_queue_poll` and this call cost the same, 0.1 to 0.3 µs a record. This one
        // keeps the poll interval and also runs callbacks. They run inside the call and only note events, so a record
        // taken before a rebalance callback in the same batch still belongs to this member.
        let count = max(0, rd_kafka_consume_batch_queue(client.queue, 0, batch.baseAddress, limit))
        for index in 0..<count {
            guard let message = batch[index] else { continue }
            switch message.pointee.err {
            case RD_KAFKA_RESP_ERR_NO_ERROR:
                onRecord(KafkaRecord(message, endsRun: endsRun(index, of: count)))
            case RD_KAFKA_RESP_ERR__PARTITION_EOF:
                onEvent(.reachedEnd(partition: message.pointee.partition, offset: message.pointee.offset))
            default:
                onEvent(event(of: message))
            }
            rd_kafka_message_destroy(message)
        }
        do throws(KafkaError) {
            try membership.checkSession(client: client.handle)
        } catch {
            onEvent(error.isFatal ? .fatal(error) : .error(error))
        }
        for event in membership.takeEvents() {
            onEvent(event)
        }
        return count == limit
    }

    /// Whether no record of the same partition follows at once.
    private func endsRun(_ index: Int, of count: Int) -> Bool {
        guard index + 1 < count, let message = batch[index], let next = batch[index + 1] else { return true }
        return next.pointee.partition != message.pointee.partition
            || next.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR
    }

    private func event(of message: UnsafeMutablePointer<rd_kafka_message_t>) -> ConsumerEvent {
        let error = KafkaError(
            message.pointee.err,
            message: rd_kafka_message_errstr(message).map { String(cString: $0) }
        )
        return membership.event(of: error, partition: message.pointee.partition)
    }

    /// Makes `fileDescriptor`, an eventfd or a non-blocking pipe, readable when something arrives for `poll`.
    ///
    /// The signal comes only when the empty queue gets its first entry. After it, poll until `poll` returns `false`.
    public func signal(fileDescriptor: Int32) {
        client.signal(fileDescriptor: fileDescriptor)
    }

    // MARK: Rebalancing

    /// Starts reading assigned partitions, each at the given offset.
    ///
    /// None is read before it is named, at any time after its assignment. A partition being read starts again at its
    /// new offset, and hands out no more records from before; while a revocation is unanswered, that waits for the
    /// answer. Partitions that are no longer this member's are ignored.
    public func assign(_ offsets: [Int32: Int64]) throws(KafkaError) {
        guard !isClosed else { throw .closed }
        try membership.assign(offsets, client: client.handle)
    }

    /// Gives up revoked partitions after their work is done. Once every partition of the revocation has been named, in
    /// one call or several, the group continues. Other partitions are ignored.
    ///
    /// Until then the group's new owners wait, at most `max.poll.interval.ms`.
    public func completeRevocation(_ partitions: [Int32]) throws(KafkaError) {
        guard !isClosed else { throw .closed }
        try membership.completeRevocation(partitions, client: client.handle)
    }

    /// The group's generation as this member knows it, `nil` while it is not in the group.
    public var groupGeneration: Int32? {
        guard let metadata = rd_kafka_consumer_group_metadata(client.handle) else { return nil }
        defer { rd_kafka_consumer_group_metadata_destroy(metadata) }
        var bytes: UnsafeMutableRawPointer?
        var size = 0
        if let error = rd_kafka_consumer_group_metadata_write(metadata, &bytes, &size) {
            rd_kafka_error_destroy(error)
            return nil
        }
        guard let bytes else { return nil }
        defer { rd_kafka_mem_free(client.handle, bytes) }
        // The C interface has no getter; the serialised form is a tag of seven bytes and the generation.
        let form = UnsafeRawBufferPointer(start: bytes, count: size)
        guard size >= 11, form.prefix(7).elementsEqual("CGMDv2:".utf8) else { return nil }
        let generation = form.loadUnaligned(fromByteOffset: 7, as: Int32.self)
        return generation >= 0 ? generation : nil
    }

    /// Whether the group cannot have given this member's partitions to others unnoticed. It becomes `false` a session
    /// timeout after the last request that the coordinator answered, until the next one is answered or the loss is
    /// reported. A process that was stopped wakes up in that state. Ask a few times within each session timeout. From
    /// any thread.
    public var isWithinSession: Bool { membership.contact.isWithinSession }

    /// How long the group keeps a member that it does not hear from.
    public var sessionTimeout: Duration { membership.contact.sessionTimeout }

    // MARK: Flow and commits

    /// Stops handing out records of these partitions. Fetched ones are dropped and fetched again later.
    public func pause(_ partitions: [Int32]) throws(KafkaError) {
        guard !isClosed else { throw .closed }
        try membership.setPaused(true, partitions, client: client.handle)
    }

    /// Continues paused partitions after the last record that was handed out. A partition that is not paused is not an
    /// error. A pause ends with the assignment.
    public func resume(_ partitions: [Int32]) throws(KafkaError) {
        guard !isClosed else { throw .closed }
        try membership.setPaused(false, partitions, client: client.handle)
    }

    /// Whether the member is joining its group again, as every member does in each rebalance. Commits have to wait: one
    /// made meanwhile is refused, and costs the member its whole assignment. From any thread.
    public var isJoining: Bool { membership.contact.isJoining }

    /// Asks the group to note, for each partition, the offset to be read next and a text. The outcome is a later
    /// `ConsumerEvent.committed`, also for a commit refused in a rebalance, which is not thrown. Not to be called while
    /// `isJoining`.
    public func commit(_ offsets: [Int32: GroupOffset]) throws(KafkaError) {
        guard !isClosed else { throw .closed }
        guard !offsets.isEmpty else { return }
        try withList(PartitionList(topic: topic, commits: offsets)) { rd_kafka_commit($0, $1, 1) }
    }

    static func check(_ code: rd_kafka_resp_err_t) throws(KafkaError) {
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code) }
    }

    /// The offset that the next record of a partition would get, from the latest fetch or question; `nil` before that.
    /// Asks nobody. From any thread.
    public func knownEnd(of partition: Int32) -> Int64? {
        var low: Int64 = 0
        var high: Int64 = -1
        let code = rd_kafka_get_watermark_offsets(client.handle, topic, partition, &low, &high)
        return code == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? high : nil
    }

    // MARK: Closing

    /// Leaves the group, so that its other members need not wait for the session to time out. Blocks, at most for
    /// `timeout`; afterwards `poll` hands out nothing and no signal comes. Partitions still owned are given up
    /// unfinished.
    public func close(timeout: Duration = .seconds(10)) {
        guard !isClosed else { return }
        isClosed = true
        client.endSignal()
        let deadline = ContinuousClock.now + timeout
        membership.beginClosing(client: client.handle)
        if let error = rd_kafka_consumer_close_queue(client.handle, client.queue) {
            membership.logger.debug("closing", metadata: ["error": "\(KafkaError(consuming: error))"])
            return
        }
        while rd_kafka_consumer_closed(client.handle) == 0, ContinuousClock.now < deadline {
            if let message = rd_kafka_consume_queue(client.queue, 20) {
                rd_kafka_message_destroy(message)
            }
        }
    }
}
