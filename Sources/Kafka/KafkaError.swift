internal import CKafka

/// A fault told by librdkafka or by a broker through it.
///
/// The raw code is kept whatever it is: codes this module has no name for are errors like any other.
public struct KafkaError: Error, Sendable, Equatable {
    /// librdkafka's code: below zero its own, above zero the broker's (the Kafka protocol's error code).
    public let code: Int32
    /// One sentence for operators; no payload, key or secret in it.
    public let message: String
    /// The property that was refused, when a configuration was.
    public let refusedProperty: String?
    /// Whether librdkafka has declared the whole client unusable.
    private let raisedAsFatal: Bool

    /// An error from librdkafka's code; without a message it gets librdkafka's.
    public init(code: Int32, message: String? = nil) {
        self.init(code: code, message: message, refusedProperty: nil, isFatal: false)
    }

    init(code: Int32, message: String?, refusedProperty: String? = nil, isFatal: Bool = false) {
        self.code = code
        self.message = message ?? String(cString: rd_kafka_err2str(rd_kafka_resp_err_t(code)))
        self.refusedProperty = refusedProperty
        raisedAsFatal = isFatal
    }

    init(_ code: rd_kafka_resp_err_t, message: String? = nil) {
        self.init(code: code.rawValue, message: message)
    }

    /// Reads and frees an error object.
    init(consuming error: OpaquePointer) {
        self.init(
            code: rd_kafka_error_code(error).rawValue,
            message: String(cString: rd_kafka_error_string(error)),
            isFatal: rd_kafka_error_is_fatal(error) != 0
        )
        rd_kafka_error_destroy(error)
    }

    /// The code's name, such as `_TRANSPORT` or `MSG_SIZE_TOO_LARGE`; `ERR_n?` for an unknown one.
    public var name: String { String(cString: rd_kafka_err2name(rd_kafka_resp_err_t(code))) }

    /// What a fault means to whoever meets it.
    private enum Meaning {
        /// An outage, an overload or a change of leader: the same call may succeed later.
        case transient
        /// The group moves on without this call; nothing is wrong with the client.
        case rebalance
        /// The topic will never take this record.
        case recordRejected
        /// The topic or partition is not there.
        case unknownTopic
        /// The client has to be recreated.
        case fatal
        /// All else: a wrong configuration, a missing right, a misuse, a code without a name.
        case other
    }

    /// The one place where codes get their meaning.
    private var meaning: Meaning {
        if raisedAsFatal { return .fatal }
        switch rd_kafka_resp_err_t(code) {
        case RD_KAFKA_RESP_ERR__FATAL, RD_KAFKA_RESP_ERR__FENCED, RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
            return .fatal
        case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
            RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID,
            RD_KAFKA_RESP_ERR_MEMBER_ID_REQUIRED, RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST,
            RD_KAFKA_RESP_ERR__NO_OFFSET, RD_KAFKA_RESP_ERR__STATE:
            return .rebalance
        case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
            RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, Self.unknownTopicID:
            return .unknownTopic
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE,
            RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_RECORD,
            RD_KAFKA_RESP_ERR_INVALID_MSG, RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP,
            RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT, RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE,
            RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_POLICY_VIOLATION,
            RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
            return .recordRejected
        case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__RESOLVE, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
            RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
            RD_KAFKA_RESP_ERR__QUEUE_FULL, RD_KAFKA_RESP_ERR__ISR_INSUFF, RD_KAFKA_RESP_ERR__NODE_UPDATE,
            RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR__WAIT_CACHE, RD_KAFKA_RESP_ERR__IN_PROGRESS,
            RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS, RD_KAFKA_RESP_ERR__RETRY, RD_KAFKA_RESP_ERR__INTR,
            RD_KAFKA_RESP_ERR__OUTDATED, RD_KAFKA_RESP_ERR__PARTIAL, RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED,
            RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT,
            RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
            RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
            RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
            RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
            RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, RD_KAFKA_RESP_ERR_FETCH_SESSION_ID_NOT_FOUND,
            RD_KAFKA_RESP_ERR_INVALID_FETCH_SESSION_EPOCH, RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH,
            RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH, RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_PREFERRED_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT,
            RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS:
            return .transient
        default:
            return .other
        }
    }

    /// Whether the same call may succeed later without anyone's help: an outage, an overload, a change of leader.
    public var isRetriable: Bool { meaning == .transient }

    /// Whether the client that told it is unusable from now on and has to be recreated.
    public var isFatal: Bool { meaning == .fatal }

    /// Whether it is what a group member meets in an ordinary rebalance: a commit it names is simply not taken, and
    /// the partitions' next owner starts from the commit before.
    public var isNormalDuringRebalance: Bool { meaning == .rebalance }

    /// Whether the topic, or the partition asked for, does not exist.
    public var isUnknownTopic: Bool { meaning == .unknownTopic }

    /// Whether the log does not have the offset that is to be read.
    var isOffsetOutOfRange: Bool {
        code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET.rawValue || code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE.rawValue
    }

    /// The broker's code for a topic id that it does not know, for which librdkafka 2.0 has no name.
    private static let unknownTopicID = rd_kafka_resp_err_t(100)

    /// Whether this topic can never take this record (too large, invalid, not allowed), however often it is produced.
    /// An unknown topic is told by `isUnknownTopic` instead, an outage by `isRetriable`.
    public var isRecordRejected: Bool { meaning == .recordRejected }

    /// Whether the record, or the batch it travelled in, is larger than the topic or the client allows.
    public var isMessageTooLarge: Bool {
        switch rd_kafka_resp_err_t(code) {
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE,
            RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
            true
        default:
            false
        }
    }

    /// Whether the producer's own bounded queue is full: nothing was taken; produce again after delivery reports.
    public var isQueueFull: Bool { code == RD_KAFKA_RESP_ERR__QUEUE_FULL.rawValue }

    /// Whether the record was given up by `purge()` or by closing the producer.
    public var isPurged: Bool {
        code == RD_KAFKA_RESP_ERR__PURGE_QUEUE.rawValue || code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT.rawValue
    }

    /// Whether the brokers do not know the question.
    public var isUnsupported: Bool {
        code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE.rawValue
            || code == RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION.rawValue
    }

    /// Whether time ran out before an answer came.
    public var isTimeout: Bool {
        code == RD_KAFKA_RESP_ERR__TIMED_OUT.rawValue || code == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT.rawValue
    }

    /// The broker's code for a configuration that is not accepted.
    public static let invalidConfiguration = RD_KAFKA_RESP_ERR_INVALID_CONFIG.rawValue

    static let unknownTopic = KafkaError(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
    static let timedOut = KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT)
    static let cancelled = KafkaError(RD_KAFKA_RESP_ERR__DESTROY, message: "the task that asked has been cancelled")
    static let closed = KafkaError(RD_KAFKA_RESP_ERR__DESTROY, message: "the client has been closed")
}

extension KafkaError: CustomStringConvertible {
    /// Name and message, safe to log.
    public var description: String { "\(name): \(message)" }
}
