internal import CKafka

/// Creates and deletes topics of a cluster. For tools and tests.
///
/// Every call blocks until it is answered, for its timeout at most. Used by one thread at a time.
public final class KafkaAdmin {
    private let client: KafkaClient

    /// A client that connects when first used.
    ///
    /// - Throws: when a property is refused (`KafkaError.refusedProperty` names it).
    public init(properties: KafkaProperties) throws(KafkaError) {
        let configuration = try KafkaConfiguration(properties: properties, required: ["log_level": "0"])
        client = KafkaClient(handle: try configuration.makeClient(RD_KAFKA_PRODUCER), callbackContext: nil)
    }

    /// Creates a topic with the cluster's default number of replicas.
    ///
    /// - Throws: also when there is one of that name.
    public func createTopic(_ name: String, partitions: Int, timeout: Duration) throws(KafkaError) {
        guard let topic = rd_kafka_NewTopic_new(name, Int32(clamping: partitions), -1, nil, 0) else {
            throw KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG)
        }
        defer { rd_kafka_NewTopic_destroy(topic) }
        var topics: OpaquePointer? = topic
        try answer(RD_KAFKA_ADMIN_OP_CREATETOPICS, within: timeout) { options, queue in
            rd_kafka_CreateTopics(client.handle, &topics, 1, options, queue)
        } results: { event, count in
            rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
        }
    }

    /// Deletes a topic and its records.
    ///
    /// - Throws: also when there is none of that name.
    public func deleteTopic(_ name: String, timeout: Duration) throws(KafkaError) {
        guard let topic = rd_kafka_DeleteTopic_new(name) else { throw KafkaError(RD_KAFKA_RESP_ERR__INVALID_ARG) }
        defer { rd_kafka_DeleteTopic_destroy(topic) }
        var topics: OpaquePointer? = topic
        try answer(RD_KAFKA_ADMIN_OP_DELETETOPICS, within: timeout) { options, queue in
            rd_kafka_DeleteTopics(client.handle, &topics, 1, options, queue)
        } results: { event, count in
            rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count)
        }
    }

    /// Asks a question about topics and waits for the answer.
    private func answer(
        _ operation: rd_kafka_admin_op_t,
        within timeout: Duration,
        ask: (_ options: OpaquePointer?, _ queue: OpaquePointer?) -> Void,
        results: (_ event: OpaquePointer, _ count: inout Int) -> UnsafeMutablePointer<OpaquePointer?>?
    ) throws(KafkaError) {
        // librdkafka reports why there is no answer, soon after the timeout.
        let patience = timeout + .seconds(1)
        try client.administer(operation, timeout: timeout, patience: patience) { options, queue in
            rd_kafka_AdminOptions_set_operation_timeout(options, timeout.milliseconds, nil, 0)
            ask(options, queue)
        } read: { (event) throws(KafkaError) in
            var count = 0
            let topics = results(event, &count)
            for index in 0..<count {
                guard let topic = topics?[index] else { continue }
                let code = rd_kafka_topic_result_error(topic)
                guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
                    let message = rd_kafka_topic_result_error_string(topic).map { String(cString: $0) }
                    throw KafkaError(code, message: message)
                }
            }
        }
    }
}
