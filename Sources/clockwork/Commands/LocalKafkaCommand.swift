import ArgumentParser
import ClockworkService
import Kafka
import UnixSignals

/// `clockwork local-kafka`: the local cluster alone.
struct LocalKafkaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "local-kafka",
        abstract: "Runs a Kafka cluster in memory, for trying and testing.",
        discussion: """
            The brokers are librdkafka's mock cluster: real protocol, real groups, reachable from other processes on \
            this machine. Nothing is kept beyond the process; each partition holds its latest 5 MB or 100,000 \
            records. The first line of standard output is the bootstrap list.

            The topics of SCHEDULE_CREATE_KAFKA_TOPIC and DEAD_LETTER_KAFKA_TOPIC are always created.
            """
    )

    @OptionGroup var topicOptions: TopicOptions

    @Option(help: "The number of brokers, 1 to 16.")
    var brokers = 3

    func validate() throws {
        guard (1...16).contains(brokers) else { throw ValidationError("--brokers takes 1 to 16.") }
    }

    func run() async throws {
        let kafka = try ProcessEnvironment.configured {
            let variables = ProcessEnvironment.variables.merging(["KAFKA_BROKERS": "localhost:9092"]) { $1 }
            return try KafkaConfiguration(environment: variables, readFile: ProcessEnvironment.text(ofFile:))
        }
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let cluster = try LocalKafka(
            brokers: brokers,
            topics: topicOptions.topics(intake: kafka.intakeTopic, deadLetters: kafka.deadLetterTopic)
        )
        Console.print(cluster.bootstrapServers)
        for await _ in signals { break }
        withExtendedLifetime(cluster) {}
    }
}
