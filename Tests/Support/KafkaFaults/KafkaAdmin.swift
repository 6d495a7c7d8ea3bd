internal import CKafka
package import Kafka

/// Creates and deletes topics of a cluster that outlives the process.
///
/// Every call blocks until it is answered, for its timeout at most. Used by one thread at a time.
package final class KafkaAdmin {
    private let client: OpaquePointer

    /// A client that connects when it is first asked something.
    package init(brokers: String) throws(KafkaError) {
        let configuration = rd_kafka_conf_new()
        rd_kafka_conf_set(configuration, "bootstrap.servers", brokers, nil, 0)
        rd_kafka_conf_set(configuration, "log_level", "0", nil, 0)
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, nil, 0) else {
            let code = rd_kafka_last_error()
            rd_kafka_conf_destroy(configuration)
            throw KafkaError(code: code.rawValue)
        }
        self.client = client
    }

    deinit {
        rd_kafka_destroy(client)
    }

    /// Creates a topic with as many replicas as the cluster gives by itself.
    ///
    /// - Throws: also when there is one of that name.
    package func createTopic(_ name: String, partitions: Int, timeout: Duration) throws(KafkaError) {
        var topic = rd_kafka_NewTopic_new(name, Int32(clamping: partitions), -1, nil, 0)
        defer { rd_kafka_NewTopic_destroy(topic) }
        try answer(RD_KAFKA_ADMIN_OP_CREATETOPICS, within: timeout) { options, queue in
            rd_kafka_CreateTopics(client, &topic, 1, options, queue)
        } results: { event, count in
            rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
        }
    }

    /// Deletes a topic and what is in it.
    ///
    /// - Throws: also when there is none of that name.
    package func deleteTopic(_ name: String, timeout: Duration) throws(KafkaError) {
        var topic = rd_kafka_DeleteTopic_new(name)
        defer { rd_kafka_DeleteTopic_destroy(topic) }
        try answer(RD_KAFKA_ADMIN_OP_DELETETOPICS, within: timeout) { options, queue in
            rd_kafka_DeleteTopics(client, &topic, 1, options, queue)
        } results: { event, count in
            rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count)
        }
    }

    /// Asks something about one topic and waits for the answer.
    private func answer(
        _ operation: rd_kafka_admin_op_t,
        within timeout: Duration,
        ask: (_ options: OpaquePointer?, _ queue: OpaquePointer?) -> Void,
        results: (_ event: OpaquePointer, _ count: inout Int) -> UnsafeMutablePointer<OpaquePointer?>?
    ) throws(KafkaError) {
        let milliseconds = Int32(timeout / .milliseconds(1))
        let options = rd_kafka_AdminOptions_new(client, operation)
        defer { rd_kafka_AdminOptions_destroy(options) }
        rd_kafka_AdminOptions_set_request_timeout(options, milliseconds, nil, 0)
        rd_kafka_AdminOptions_set_operation_timeout(options, milliseconds, nil, 0)
        let queue = rd_kafka_queue_new(client)
        defer { rd_kafka_queue_destroy(queue) }
        ask(options, queue)
        // librdkafka itself says why there is no answer, soon after the timeout.
        guard let event = rd_kafka_queue_poll(queue, milliseconds + 1_000) else {
            throw KafkaError(code: RD_KAFKA_RESP_ERR__TIMED_OUT.rawValue)
        }
        defer { rd_kafka_event_destroy(event) }
        try check(rd_kafka_event_error(event), rd_kafka_event_error_string(event))
        var count = 0
        guard let topics = results(event, &count) else { return }
        for topic in UnsafeBufferPointer(start: topics, count: count) {
            try check(rd_kafka_topic_result_error(topic), rd_kafka_topic_result_error_string(topic))
        }
    }

    private func check(_ code: rd_kafka_resp_err_t, _ message: UnsafePointer<CChar>?) throws(KafkaError) {
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError(code: code.rawValue, message: message.map { String(cString: $0) })
        }
    }
}
