import Foundation

/// Stands in front of a local cluster and serves its connections as real brokers do: the requests of a connection one
/// after the other, a fetch that finds nothing until something is there or its wait is over. So what is sent behind a
/// fetch waits for it.
///
/// Also plays what the mock brokers cannot: partitions that are added, requests that are refused to pods alone, and the
/// firewall or balancer between client and broker.
final class LongPollKafka: Sendable {
    /// What happens to what passes.
    struct Way: Sendable {
        /// The addresses of brokers, and those of this that stand for them.
        var ports: [(broker: UInt16, proxy: UInt16)] = []
        /// The delay of each answer. Unlike the round trip of the mock brokers it is the pods' alone.
        var roundTrip = usualRoundTrip
        /// Whether every fetch is answered with what no client can read.
        var garblesFetches = false
        /// After how long an idle connection is forgotten.
        var idleLimit: Duration?
        /// What is refused.
        var refusal: Refusal?
        /// How many partitions of a topic are to be seen; of one that is not named, all.
        var shownPartitions: [String: Int] = [:]
    }

    /// As between hosts of a data center, or zones of a region.
    static let usualRoundTrip = Duration.milliseconds(2)

    /// The brokers' addresses, as `bootstrap.servers` takes them.
    let bootstrapServers: String
    private let way: Mutexed<Way>
    private let brokers: [LongPollBroker]

    /// - Parameter servers: the addresses of the cluster.
    init(inFrontOf servers: String) throws {
        let way = Mutexed(Way())
        self.way = way
        let ports = servers.split(separator: ",").compactMap { UInt16($0.split(separator: ":").last!) }
        brokers = try ports.map { try LongPollBroker(server: $0, way) }
        let pairs = zip(ports, brokers.map(\.port)).map { (broker: $0, proxy: $1) }
        way.withLock { $0.ports = pairs }
        bootstrapServers = brokers.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
    }

    /// Delays each answer from now on.
    func setRoundTrip(_ delay: Duration) {
        way.withLock { $0.roundTrip = delay }
    }

    /// Has every fetch answered, from now on or no more, with what no client can read.
    func garbleFetches(_ isGarbling: Bool) {
        way.withLock { $0.garblesFetches = isGarbling }
    }

    /// Refuses requests, from now on or no more.
    func refuse(_ refusal: Refusal?) {
        way.withLock { $0.refusal = refusal }
    }

    /// Lets so many partitions of a topic be seen, or all of them. The others are there, and take whatever comes.
    func show(partitions: Int?, of topic: String) {
        way.withLock { $0.shownPartitions[topic] = partitions }
    }

    /// Forgets each connection, from now on, once it has been idle for so long, as firewalls do.
    func forgetIdleConnections(after limit: Duration) {
        way.withLock { $0.idleLimit = limit }
    }

    /// Lets nothing pass any more on the connections that there are, and does not tell their clients, as a firewall does that
    /// has forgotten them. The brokers see them end. New ones work.
    ///
    /// - Parameter time: how long they have been idle at the least.
    func forgetConnections(idleFor time: Duration = .zero) {
        for broker in brokers { broker.end(.forgotten, idleFor: time) }
    }

    /// Closes the connections that there are, as brokers do with idle ones. New ones work.
    func closeConnections() {
        for broker in brokers { broker.end(.closed) }
    }

    /// Ends its threads, soon.
    func stop() {
        for broker in brokers { broker.stop() }
    }
}
