import ArgumentParser
import ClockworkClient
import ClockworkService

/// `clockwork status`: asks what has become of a schedule.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows what has become of a schedule.",
        discussion: """
            Asks the HTTP API. A schedule is PENDING, EXECUTED, CANCELLED or FAILED. A schedule that is unknown, or \
            has been forgotten, is an error.
            """
    )

    @OptionGroup var http: HTTPOptions

    @Option(help: "Client that the key belongs to.")
    var client: String

    @Option(help: "The client's key of the schedule.")
    var key: String

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let address = try ProcessEnvironment.configured {
            try http.requiredAddress(environment: ProcessEnvironment.variables)
        }
        let service = try ClockworkHTTPClient(address: address)
        defer { service.close() }
        let status = try await service.status(clientID: client, scheduleKey: key)
        Console.print(json ? status.json : StatusText.lines(status, now: WallClock.now()))
    }
}
