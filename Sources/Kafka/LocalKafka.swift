internal import CKafka

/// A Kafka cluster inside this process, made of librdkafka's mock brokers, which any Kafka client on this machine can
/// reach. For development and tests.
///
/// Limits: everything is in memory and ends with this object. Each partition keeps its latest 5 MB or 100,000 records;
/// there is no compaction and no retention by time. Brokers listen on 127.0.0.1, at ports the system chooses, without
/// TLS or authentication. A topic that a client asks for by name is created with 4 partitions. A fetch that finds
/// nothing waits its whole `fetch.wait.max.ms` even when a record arrives meanwhile, so latency-sensitive clients set
/// that low. A group's first member waits about 3 s for others to join; each later rebalance takes about the session
/// timeout less a second. The topic administration calls are not served.
///
/// `@unchecked Sendable`: the properties are immutable and the mock cluster's calls are served by its own thread.
public final class LocalKafka: @unchecked Sendable {
    /// The brokers' addresses, as `bootstrap.servers` takes them.
    public let bootstrapServers: String

    /// The number of brokers; their ids are 1 to this.
    public let brokerCount: Int

    private let client: KafkaClient
    private let cluster: OpaquePointer

    /// A request of the Kafka protocol that can be made to fail.
    public enum Request: Int16, Sendable {
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
        /// Telling the coordinator that the member is alive.
        case heartbeat = 12
        /// Leaving a group.
        case leaveGroup = 13
        /// Getting a group's assignment.
        case syncGroup = 14
        /// An idempotent producer's first request.
        case initProducerID = 22
    }

    /// Starts a cluster.
    ///
    /// - Parameters:
    ///   - brokers: how many brokers, 1 or more.
    ///   - topics: the partition count of each topic to begin with.
    public init(brokers: Int = 3, topics: [String: Int] = [:]) throws(KafkaError) {
        let configuration = try KafkaConfiguration(properties: ["log_level": "0"])
        client = KafkaClient(handle: try configuration.makeClient(RD_KAFKA_PRODUCER), callbackContext: nil)
        guard let cluster = rd_kafka_mock_cluster_new(client.handle, Int32(clamping: brokers)) else {
            throw KafkaError(RD_KAFKA_RESP_ERR__FAIL, message: "the local cluster could not be started")
        }
        self.cluster = cluster
        brokerCount = brokers
        bootstrapServers = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
        for (name, partitions) in topics {
            try createTopic(name, partitions: partitions)
        }
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
    }

    /// Creates a topic, replicated to all brokers.
    ///
    /// - Throws: when it exists.
    public func createTopic(_ name: String, partitions: Int) throws(KafkaError) {
        try check(rd_kafka_mock_topic_create(cluster, name, Int32(clamping: partitions), Int32(brokerCount)))
    }

    // MARK: Faults

    /// Makes every question about a topic fail with this error code; 0 ends that. 3 is an unknown topic.
    public func setTopicError(_ name: String, code: Int32) {
        rd_kafka_mock_topic_set_error(cluster, name, rd_kafka_resp_err_t(code))
    }

    /// Lets the next requests of a kind fail with these error codes, one each; 0 lets one pass.
    public func failNext(_ request: Request, codes: [Int32]) {
        let codes = codes.map { rd_kafka_resp_err_t($0) }
        rd_kafka_mock_push_request_errors_array(cluster, request.rawValue, codes.count, codes)
    }

    /// Lets the next requests of a kind to one broker fail with these error codes, one each; 0 lets one pass.
    public func failNext(_ request: Request, codes: [Int32], broker: Int32) throws(KafkaError) {
        for code in codes {
            try check(ckafka_mock_broker_fail_next(cluster, broker, request.rawValue, rd_kafka_resp_err_t(code)))
        }
    }

    /// Drops the errors still scheduled for requests of a kind.
    public func clearFailures(of request: Request) {
        rd_kafka_mock_clear_request_errors(cluster, request.rawValue)
    }

    /// Takes a broker, or all of them, down: connections break and none is accepted. Leaders do not change.
    public func takeDown(broker: Int32? = nil) throws(KafkaError) {
        try check(rd_kafka_mock_broker_set_down(cluster, broker ?? -1))
    }

    /// Brings a broker, or all of them, back.
    public func bringUp(broker: Int32? = nil) throws(KafkaError) {
        try check(rd_kafka_mock_broker_set_up(cluster, broker ?? -1))
    }

    /// Delays each answer of a broker, or of all of them.
    public func setRoundTrip(_ delay: Duration, broker: Int32? = nil) throws(KafkaError) {
        try check(rd_kafka_mock_broker_set_rtt(cluster, broker ?? -1, delay.milliseconds))
    }

    /// Makes a broker the leader of a partition; `nil` leaves the partition without one.
    public func setLeader(ofTopic topic: String, partition: Int32, broker: Int32?) throws(KafkaError) {
        try check(rd_kafka_mock_partition_set_leader(cluster, topic, partition, broker ?? -1))
    }

    /// Makes a broker the coordinator of a group.
    public func setCoordinator(ofGroup group: String, broker: Int32) throws(KafkaError) {
        try check(rd_kafka_mock_coordinator_set(cluster, "group", group, broker))
    }

    private func check(_ code: rd_kafka_resp_err_t) throws(KafkaError) {
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code) }
    }
}
