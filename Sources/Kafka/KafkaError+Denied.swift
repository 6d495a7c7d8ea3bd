internal import CKafka

extension KafkaError {
    /// Whether the client's user is known but lacks a right.
    public var isUnauthorized: Bool {
        code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED.rawValue
            || code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED.rawValue
    }

    /// Whether the client's user is unknown, or lacks a right. It does not pass by itself, unlike the errors of
    /// `isRetriable`, such as a coordinator that is being loaded.
    public var isDenied: Bool {
        switch rd_kafka_resp_err_t(code) {
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, RD_KAFKA_RESP_ERR_DELEGATION_TOKEN_AUTHORIZATION_FAILED,
            RD_KAFKA_RESP_ERR__AUTHENTICATION:
            true
        default:
            false
        }
    }
}
