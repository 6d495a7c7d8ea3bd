import ArgumentParser
import ClockworkService
import Kafka
import Logging

/// `clockwork tail`: shows what is delivered.
struct Tail: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints the records of a topic as they are delivered, with their lateness.",
        discussion: """
            Lateness is the time from when a schedule was due to when Clockwork delivered it. A dead letter is shown \
            with its error. Ends with Ctrl-C, or after --count records.
            """
    )

    @OptionGroup var client: ClientOptions

    @Argument(help: "The topic to read.")
    var topic: String

    @Flag(help: "Begin with the oldest record there is, not with the next one.")
    var fromBeginning = false

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @Option(help: "End after this many records.")
    var count: Int?

    func run() throws {
        let kafka = try ProcessEnvironment.configured {
            try client.kafka(environment: ProcessEnvironment.variables, readFile: ProcessEnvironment.text(ofFile:))
        }
        try ProcessEnvironment.bootstrapLogging()
        let reader = try reader(kafka)
        var rest = count ?? .max
        while rest > 0 {
            try reader.poll(timeout: .seconds(1), maxRecords: min(rest, 1_000)) { record in
                let delivered = DeliveredRecord(record, topic: topic)
                Console.print(json ? delivered.json : delivered.line)
                rest -= 1
            }
        }
    }

    private func reader(_ kafka: KafkaConfiguration) throws -> KafkaReader {
        do {
            return try ProcessEnvironment.kafkaClient { () throws(KafkaError) in
                try KafkaReader(
                    topic: topic,
                    from: fromBeginning ? .beginning : .end,
                    properties: KafkaProperties(kafka),
                    logger: Logger(label: "clockwork")
                )
            }
        } catch let error as KafkaError {
            throw ClientError("topic \(topic) on \(kafka.brokers) cannot be read: \(error)")
        }
    }
}
