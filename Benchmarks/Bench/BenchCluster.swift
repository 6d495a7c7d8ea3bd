import Foundation
import Kafka
import KafkaFaults

/// The brokers of one run, and its topics there.
final class BenchCluster {
    /// Which brokers a measurement is made with.
    enum Brokers: CustomStringConvertible {
        /// Those of `LocalKafka`, for each run anew, which answer after this time.
        case local(roundTrip: Duration)
        /// An existing cluster, by its bootstrap list. Each run has topics of its own in it.
        case real(String)

        var description: String {
            switch self {
            case .local(.zero): "local"
            case .local(let roundTrip): "local, round trip of \(Int(roundTrip / .milliseconds(1))) ms"
            case .real(let servers): servers
            }
        }
    }

    /// The brokers' addresses, as `bootstrap.servers` takes them.
    let bootstrapServers: String
    let intake: String
    let delivery: String
    let deadLetters: String
    let group: String
    /// How long brokers keep an empty fetch of the intake, in milliseconds; the same for pod and floor.
    let fetchWait: Int
    /// How long brokers keep an empty fetch of the delivery topic, in milliseconds.
    let fetchWaitOfReader: Int

    /// The brokers in this process, which end with this object.
    private let local: LocalKafka?
    private let admin: KafkaAdmin?
    /// The topics that were created in an existing cluster.
    private var created: [String] = []

    private static let timeout = Duration.seconds(30)
    /// librdkafka's default.
    private static let usualFetchWait = 500

    /// Creates the topics.
    init(_ brokers: Brokers, for scenario: BenchScenario) throws {
        let name =
            switch brokers {
            case .local: "bench"
            case .real: "clockwork-bench-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
            }
        (intake, delivery, deadLetters) = ("\(name)-intake", "\(name)-delivery", "\(name)-dead-letters")
        group = name
        let topics = [intake: scenario.intakePartitions, delivery: scenario.deliveryPartitions, deadLetters: 1]
        switch brokers {
        case .local(let roundTrip):
            // Local brokers keep an empty fetch its whole time, whatever arrives meanwhile. An idle pod asks as seldom as
            // librdkafka does by itself.
            fetchWait = scenario == .idle ? Self.usualFetchWait : 10
            fetchWaitOfReader = 1
            let cluster = try LocalKafka(brokers: 1, topics: topics)
            if roundTrip > .zero { try cluster.setRoundTrip(roundTrip) }
            bootstrapServers = cluster.bootstrapServers
            local = cluster
            admin = nil
        case .real(let servers):
            fetchWait = Self.usualFetchWait
            fetchWaitOfReader = Self.usualFetchWait
            bootstrapServers = servers
            local = nil
            let admin = try KafkaAdmin(brokers: servers)
            self.admin = admin
            do {
                try create(topics, with: admin)
            } catch {
                remove()
                throw error
            }
        }
    }

    /// Deletes the topics of a cluster that outlives the run.
    func remove() {
        for topic in created {
            do throws(KafkaError) {
                try admin?.deleteTopic(topic, timeout: Self.timeout)
            } catch {
                let note = "clockwork-bench: topic \(topic) is left on \(bootstrapServers): \(error)\n"
                FileHandle.standardError.write(Data(note.utf8))
            }
        }
    }

    private func create(_ topics: [String: Int], with admin: KafkaAdmin) throws {
        let inspector = try KafkaInspector(group: group, properties: ["bootstrap.servers": bootstrapServers])
        for (topic, count) in topics {
            do {
                try admin.createTopic(topic, partitions: count, timeout: Self.timeout)
                created.append(topic)
                try waitForLeaders(of: topic, count, inspector)
            } catch {
                throw BenchError("topic \(topic) cannot be created on \(bootstrapServers): \(error)")
            }
        }
    }

    private func waitForLeaders(of topic: String, _ count: Int, _ inspector: KafkaInspector) throws {
        let deadline = ContinuousClock.now + Self.timeout
        while true {
            let found = try inspector.topic(topic, timeout: Self.timeout)
            if let found, found.partitions == count, found.leaderless.isEmpty { return }
            guard ContinuousClock.now < deadline else { throw BenchError("its partitions have no leaders") }
            usleep(50_000)
        }
    }
}
