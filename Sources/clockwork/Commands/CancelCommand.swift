import ArgumentParser
import ClockworkClient
import ClockworkService
import Logging

/// `clockwork cancel`: takes a schedule back.
struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Takes back a schedule that is pending.",
        discussion: """
            Over the HTTP API, which finds the partition of the schedule itself:
              clockwork cancel --http http://localhost:5000 --client shop --key order-17

            Or as a record in the intake topic, with the ordering key of the create:
              clockwork cancel --brokers localhost:9092 --client shop --key order-17 --ordering-key order-17

            The cancel is in the intake topic when the command ends with 0; with --wait it is applied.
            """
    )

    @OptionGroup var route: RouteOptions

    @Option(help: "Client that the key belongs to.")
    var client: String

    @Option(help: "The client's key of the schedule.")
    var key: String

    @Option(help: "The ordering key of the schedule. It chooses the partition, so it is required without --http.")
    var orderingKey: String?

    @OptionGroup var waiting: WaitOption

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        do {
            try request.validate()
        } catch {
            throw ValidationError("\(error).")
        }
    }

    private var request: CancelRequest {
        CancelRequest(clientID: client, scheduleKey: key, orderingKey: orderingKey)
    }

    func run() async throws {
        switch try route.chosen() {
        case .http(let address):
            let service = try ClockworkHTTPClient(address: address)
            defer { service.close() }
            let outcome = try await service.cancel(request, wait: waiting.wait)
            Console.print(json ? outcome.json : OutcomeText.line(outcome, accepted: "cancel sent"))
        case .kafka(let kafka):
            guard waiting.wait == nil else { throw ValidationError("--wait needs --http.") }
            guard let orderingKey else { throw ValidationError("Give --ordering-key, or --http to have it looked up.") }
            try ProcessEnvironment.bootstrapLogging()
            let sender = try await RequestSender(kafka: kafka, logger: Logger(label: "clockwork")) { receipt in
                let topic = kafka.intakeTopic
                Console.print(json ? receipt.json(topic: topic) : receipt.line("cancel sent", topic))
            }
            try sender.send(OutgoingRequest(key: Array(orderingKey.utf8), value: request.json))
            try sender.finish()
        }
    }
}
