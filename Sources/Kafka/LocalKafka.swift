internal import CKafka

/// A Kafka cluster inside this process, made of librdkafka's mock brokers, which any Kafka client on this machine can
/// reach. For development and tests.
///
/// Limits: everything is in memory and ends with this object. Each partition keeps its latest 5 MB or 100,000 records;
/// there is no compaction and no retention by time. Brokers listen on 127.0.0.1, at ports the system chooses, without
/// TLS or authentication. A topic a client asks for by name comes into being with 4 partitions. A fetch that finds
/// nothing waits its whole `fetch.wait.max.ms` even when a record arrives meanwhile, so clients that care for latency
/// set that low. A group's first member waits about 3 s for others to join; each later rebalance takes about the
/// session timeout less a second. The topic administration calls are not served.
///
/// `@unchecked Sendable`: the properties are immutable and the mock cluster's calls are served by its own thread.
public final class LocalKafka: @unchecked Sendable {
    /// The brokers' addresses, as `bootstrap.servers` takes them.
    public let bootstrapServers: String

    /// The number of brokers; their ids are 1 to this.
    public let brokerCount: Int

    private let client: KafkaClient
    /// The `rd_kafka_mock_cluster_t`, for what tests do to it.
    package let cluster: OpaquePointer

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

    private func check(_ code: rd_kafka_resp_err_t) throws(KafkaError) {
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code) }
    }
}
