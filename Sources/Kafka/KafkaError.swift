internal import CKafka

/// An error reported by librdkafka, its own or a broker's.
///
/// The raw code is always kept: codes that this module has no name for are errors like any other.
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

    /// Its meaning: that of its code in the table, or `fatal` if librdkafka says so.
    public var meaning: KafkaErrorMeaning { raisedAsFatal ? .fatal : KafkaErrorMeaning(code: code) }

    /// Whether the same call may succeed later without anyone's help: an outage, an overload, a change of leader.
    public var isRetriable: Bool { meaning == .transient }

    /// Whether the client that reported it is unusable from now on and has to be recreated.
    public var isFatal: Bool { meaning == .fatal }

    /// Whether it belongs to an ordinary rebalance: a commit is simply not taken, and the partitions' next owner starts
    /// from the previous commit.
    public var isNormalDuringRebalance: Bool { meaning == .rebalance }

    /// Whether the topic, or the partition asked for, does not exist.
    public var isUnknownTopic: Bool { meaning == .unknownTopic }

    /// Whether the log does not have the offset that is to be read.
    var isOffsetOutOfRange: Bool { meaning == .offsetGone }

    /// Whether the producer's own bounded queue is full: nothing was taken; produce again after delivery reports.
    public var isQueueFull: Bool { code == RD_KAFKA_RESP_ERR__QUEUE_FULL.rawValue }

    /// Whether the brokers do not know the question.
    public var isUnsupported: Bool {
        code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE.rawValue
            || code == RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION.rawValue
    }

    /// The broker's code for a configuration that is not accepted.
    public static let invalidConfiguration = RD_KAFKA_RESP_ERR_INVALID_CONFIG.rawValue

    static let unknownTopic = KafkaError(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
    static let timedOut = KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT)
    static let cancelled = KafkaError(RD_KAFKA_RESP_ERR__DESTROY, message: "the task that asked has been cancelled")
    /// The client is gone, or there is none.
    public static let closed = KafkaError(RD_KAFKA_RESP_ERR__DESTROY, message: "the client has been closed")
}

extension KafkaError: CustomStringConvertible {
    /// Name and message, safe to log.
    public var description: String { "\(name): \(message)" }
}
