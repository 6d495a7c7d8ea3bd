import Foundation
import Kafka
import KafkaFaults
import Synchronization

/// Stands in front of a local cluster, which cannot delete anything, and lets topics and groups be deleted under
/// running clients.
///
/// What clients call by one name is one topic (or group) of the cluster after the other. Their names are of one length,
/// so a message is translated where it lies. A record never holds a name in these forms: nothing in it has such a length
/// in front.
final class RecreatableKafka: Sendable {
    /// The brokers' addresses, as `bootstrap.servers` takes them.
    let bootstrapServers: String
    private let kafka: LocalKafka
    private let proxies: [TCPProxy]
    private let names: Names

    /// - Parameters:
    ///   - kafka: the cluster.
    ///   - servers: the way into it.
    init(_ kafka: LocalKafka, at servers: String) throws {
        self.kafka = kafka
        let names = Names()
        self.names = names
        let ports = servers.split(separator: ",").compactMap { UInt16($0.split(separator: ":").last!) }
        proxies = try ports.map { port in try TCPProxy(toPort: port) { names.translate(&$0, $1) } }
        names.setPorts(Array(zip(ports, proxies.map(\.port))))
        bootstrapServers = proxies.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
    }

    /// Ends its threads, soon.
    func stop() {
        for proxy in proxies { proxy.state = .stopped }
    }

    /// Deletes a topic, and what groups have committed of it.
    func deleteTopic(_ name: String) throws {
        let next = names.next(name)
        // Known to no client: the cluster would create what is asked for by name.
        try kafka.createTopic(next, partitions: 1)
        try kafka.setLeader(ofTopic: next, partition: 0, broker: nil)
        kafka.setTopicError(next, code: 3)
        names.set(name, to: next)
    }

    /// Creates a topic that was deleted.
    func createTopic(_ name: String, partitions: Int) throws {
        let next = names.next(name)
        try kafka.createTopic(next, partitions: partitions)
        names.set(name, to: next)
    }

    /// Deletes a topic and creates it again between two requests of any client.
    ///
    /// - Parameter fill: gets a producer of the new topic before any client sees it.
    func replaceTopic(
        _ name: String,
        partitions: Int,
        _ fill: (RequestSource) async throws -> Void
    ) async throws {
        let next = names.next(name)
        try kafka.createTopic(next, partitions: partitions)
        try await fill(RequestSource(topic: next, properties: ["bootstrap.servers": kafka.bootstrapServers]))
        names.set(name, to: next)
    }

    /// Deletes a group that has no members, with all that it has committed.
    func deleteGroup(_ name: String) {
        names.set(name, to: names.next(name))
    }
}

/// What the names and addresses stand for that clients of a `RecreatableKafka` see.
private final class Names: Sendable {
    private struct State {
        /// The cluster's names by the clients'; the last one counts now.
        var behind: [String: [String]] = [:]
        var ports: [(broker: UInt16, proxy: UInt16)] = []
    }

    private let state = Mutex(State())

    func setPorts(_ ports: [(broker: UInt16, proxy: UInt16)]) {
        state.withLock { $0.ports = ports }
    }

    /// A name of the cluster that has not been used for `name`.
    func next(_ name: String) -> String {
        state.withLock { state in "\(name.dropLast())\(state.behind[name]?.count ?? 1)" }
    }

    func set(_ name: String, to next: String) {
        state.withLock { $0.behind[name, default: [name]].append(next) }
    }

    func translate(_ message: inout Data, _ direction: TCPProxy.Direction) {
        let state = state.withLock { $0 }
        for (name, behind) in state.behind {
            switch direction {
            case .toServer: KafkaBytes.replace(text: name, by: behind.last!, in: &message)
            case .toClient:
                for old in behind.dropFirst() { KafkaBytes.replace(text: old, by: name, in: &message) }
            }
        }
        guard direction == .toClient else { return }
        for (broker, proxy) in state.ports {
            KafkaBytes.replace(KafkaBytes.address(broker), by: KafkaBytes.address(proxy), in: &message)
        }
    }
}
