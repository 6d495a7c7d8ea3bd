internal import CKafka

extension KafkaClient {
    /// Asks one of the administrative questions and reads its answer. Blocks.
    ///
    /// - Parameters:
    ///   - timeout: how long librdkafka and the brokers have.
    ///   - patience: how long to wait for librdkafka's report, which may say why there is no answer.
    ///   - broker: the broker to ask; `nil` for the controller.
    ///   - ask: sends the question, whose answer goes to the queue.
    ///   - read: reads the answer, which is valid during the call.
    func administer<Value>(
        _ operation: rd_kafka_admin_op_t,
        timeout: Duration,
        patience: Duration,
        broker: Int32? = nil,
        ask: (_ options: OpaquePointer?, _ queue: OpaquePointer?) -> Void,
        read: (_ event: OpaquePointer) throws(KafkaError) -> Value
    ) throws(KafkaError) -> Value {
        let options = rd_kafka_AdminOptions_new(handle, operation)
        defer { rd_kafka_AdminOptions_destroy(options) }
        rd_kafka_AdminOptions_set_request_timeout(options, timeout.milliseconds, nil, 0)
        if let broker { rd_kafka_AdminOptions_set_broker(options, broker, nil, 0) }
        let queue = rd_kafka_queue_new(handle)
        defer { rd_kafka_queue_destroy(queue) }
        ask(options, queue)
        guard let event = rd_kafka_queue_poll(queue, patience.milliseconds) else { throw .timedOut }
        defer { rd_kafka_event_destroy(event) }
        guard rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR else {
            let message = rd_kafka_event_error_string(event).map { String(cString: $0) }
            throw KafkaError(rd_kafka_event_error(event), message: message)
        }
        return try read(event)
    }
}
