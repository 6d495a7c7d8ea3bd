internal import CKafka

extension KafkaError {
    /// Whether the client's user is known and lacks the right to what it asks for.
    public var isUnauthorized: Bool {
        code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED.rawValue
            || code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED.rawValue
    }

    /// Whether the client's user is not known, or lacks a right. It does not pass by itself, unlike what `isRetriable`
    /// names, such as a coordinator that is being loaded.
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
