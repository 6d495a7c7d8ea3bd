import ClockworkService
import Glibc
import Kafka

/// The brokers of one run, and its topics there.
final class BenchCluster {
    /// Which brokers a measurement is made with.
    enum Brokers {
        /// Those of `LocalKafka`, for each run anew, which answer after this time.
        case local(roundTrip: Duration)
        /// A cluster that there is, by its bootstrap list. Each run has topics of its own in it.
        case real(String)
    }

    /// The brokers' addresses, as `bootstrap.servers` takes them.
    let bootstrapServers: String
    let intake: String
    let delivery: String
    let deadLetters: String
    let group: String
    /// How long brokers keep an empty fetch of the intake, in milliseconds; the same for pod and floor.
    let fetchWait: Int
    /// How long they keep one of the deliveries.
    let fetchWaitOfReader: Int

    private let local: LocalKafka?
    private let admin: KafkaAdmin?

    private static let timeout = Duration.seconds(30)
    /// That of every consumer.
    private static let usualFetchWait = 500

    /// Makes the topics.
    init(_ brokers: Brokers, for scenario: BenchScenario) throws {
        switch brokers {
        case .local(let roundTrip):
            (intake, delivery, deadLetters, group) = ("bench-intake", "bench-delivery", "bench-dead-letters", "bench")
            // Local brokers keep an empty fetch its whole time, whatever arrives meanwhile. An idle pod asks as seldom as
            // librdkafka does by itself.
            fetchWait = scenario == .idle ? Self.usualFetchWait : 10
            fetchWaitOfReader = 1
            let topics = [
                intake: scenario.intakePartitions, delivery: scenario.deliveryPartitions, deadLetters: 1,
            ]
            let cluster = try LocalKafka(brokers: 1, topics: topics)
            if roundTrip > .zero { try cluster.setRoundTrip(roundTrip) }
            bootstrapServers = cluster.bootstrapServers
            local = cluster
            admin = nil
        case .real(let servers):
            let name = "clockwork-bench-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
            (intake, delivery, deadLetters) = ("\(name)-intake", "\(name)-delivery", "\(name)-dead-letters")
            group = name
            fetchWait = Self.usualFetchWait
            fetchWaitOfReader = Self.usualFetchWait
            bootstrapServers = servers
            local = nil
            admin = try KafkaAdmin(properties: ["bootstrap.servers": servers])
            try createTopics(scenario)
        }
    }

    /// Deletes the topics that do not end with it.
    func remove() {
        for topic in [intake, delivery, deadLetters] {
            do throws(KafkaError) {
                try admin?.deleteTopic(topic, timeout: Self.timeout)
            } catch {
                Console.writeError("clockwork: topic \(topic) is left on \(bootstrapServers): \(error)\n")
            }
        }
        withExtendedLifetime(local) {}
    }

    private func createTopics(_ scenario: BenchScenario) throws {
        let partitions = [
            (intake, scenario.intakePartitions), (delivery, scenario.deliveryPartitions), (deadLetters, 1),
        ]
        let inspector = try KafkaInspector(group: group, properties: ["bootstrap.servers": bootstrapServers])
        for (topic, count) in partitions {
            do throws(KafkaError) {
                try admin?.createTopic(topic, partitions: count, timeout: Self.timeout)
                // It is there once its partitions have leaders.
                let deadline = ContinuousClock.now + Self.timeout
                while ContinuousClock.now < deadline {
                    let found = try inspector.topic(topic, timeout: Self.timeout)
                    if let found, found.partitions == count, found.leaderless.isEmpty { break }
                    usleep(50_000)
                }
            } catch {
                throw ClientError("topic \(topic) cannot be made on \(bootstrapServers): \(error)")
            }
        }
    }
}
