internal import CKafka
package import Kafka

/// What tests and benchmarks do to a `LocalKafka`.
extension LocalKafka {
    /// A request of the Kafka protocol that can be made to fail.
    package enum Request: Int16, Sendable {
        /// Writing records.
        case produce = 0
        /// Reading records.
        case fetch = 1
        /// Asking for the first or the next offset of a partition.
        case listOffsets = 2
        /// Asking for topics and brokers.
        case metadata = 3
        /// A group's commit.
        case offsetCommit = 8
        /// Asking for a group's commits.
        case offsetFetch = 9
        /// Asking for a group's coordinator.
        case findCoordinator = 10
        /// Joining a group.
        case joinGroup = 11
        /// Telling the coordinator that the member lives.
        case heartbeat = 12
        /// Leaving a group.
        case leaveGroup = 13
        /// Getting a group's assignment.
        case syncGroup = 14
        /// An idempotent producer's first request.
        case initProducerID = 22
    }

    /// Makes a topic fail with this error code whenever it is asked for; 0 ends that. 3 is an unknown topic.
    package func setTopicError(_ name: String, code: Int32) {
        rd_kafka_mock_topic_set_error(cluster, name, rd_kafka_resp_err_t(code))
    }

    /// Lets the next requests of a kind fail with these error codes, one each; 0 lets one pass.
    package func failNext(_ request: Request, codes: [Int32]) {
        let codes = codes.map { rd_kafka_resp_err_t($0) }
        rd_kafka_mock_push_request_errors_array(cluster, request.rawValue, codes.count, codes)
    }

    /// Lets the next requests of a kind to one broker fail with these error codes, one each; 0 lets one pass.
    package func failNext(_ request: Request, codes: [Int32], broker: Int32) throws(KafkaError) {
        for code in codes {
            try check(ckafka_mock_broker_fail_next(cluster, broker, request.rawValue, rd_kafka_resp_err_t(code)))
        }
    }

    /// Forgets the errors still to be given to requests of a kind.
    package func clearFailures(of request: Request) {
        rd_kafka_mock_clear_request_errors(cluster, request.rawValue)
    }

    /// Takes a broker, or all of them, down: connections break and none is accepted. Leaders do not change.
    package func takeDown(broker: Int32? = nil) throws(KafkaError) {
        try check(rd_kafka_mock_broker_set_down(cluster, broker ?? -1))
    }

    /// Brings a broker, or all of them, back.
    package func bringUp(broker: Int32? = nil) throws(KafkaError) {
        try check(rd_kafka_mock_broker_set_up(cluster, broker ?? -1))
    }

    /// Delays each answer of a broker, or of all of them.
    package func setRoundTrip(_ delay: Duration, broker: Int32? = nil) throws(KafkaError) {
        let milliseconds = Int32((delay / .milliseconds(1)).rounded(.up))
        try check(rd_kafka_mock_broker_set_rtt(cluster, broker ?? -1, milliseconds))
    }

    /// Makes a broker the leader of a partition; `nil` leaves the partition without one.
    package func setLeader(ofTopic topic: String, partition: Int32, broker: Int32?) throws(KafkaError) {
        try check(rd_kafka_mock_partition_set_leader(cluster, topic, partition, broker ?? -1))
    }

    /// Makes a broker the coordinator of a group.
    package func setCoordinator(ofGroup group: String, broker: Int32) throws(KafkaError) {
        try check(rd_kafka_mock_coordinator_set(cluster, "group", group, broker))
    }

    private func check(_ code: rd_kafka_resp_err_t) throws(KafkaError) {
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code: code.rawValue) }
    }
}
