import ArgumentParser
import ClockworkService

/// What every client command takes.
struct ClientOptions: ParsableArguments {
    @Option(help: "Brokers to start from: host:port, several separated by commas. (default: $KAFKA_BROKERS)")
    var brokers: String?

    /// The Kafka settings of the environment, with the brokers of the command line where they are given.
    func kafka(
        environment: [String: String],
        readFile: (_ path: String) -> String?
    ) throws(ConfigurationError) -> KafkaConfiguration {
        var environment = environment
        if let brokers { environment["KAFKA_BROKERS"] = brokers }
        return try KafkaConfiguration(environment: environment, readFile: readFile)
    }
}
