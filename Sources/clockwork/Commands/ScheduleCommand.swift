import ArgumentParser
import ClockworkClient
import ClockworkService
import Logging
import Scheduling

/// `clockwork schedule`: sends requests.
struct ScheduleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule",
        abstract: "Sends a request, or a file of them, to the intake topic or to the HTTP API.",
        discussion: """
            One request:
              clockwork schedule --topic order-reminders --client shop --key order-17 --in 90s --data 'Pay me'

            One that calls a URL:
              clockwork schedule --url https://example.com/hook --client shop --key order-17 --in 90s --data 'Pay me'

            A file of structured requests, one JSON object a line, of any size (- is standard input):
              clockwork schedule --file examples/requests.jsonl

            It goes where --brokers or --http says, else to $KAFKA_BROKERS, else to $CLOCKWORK_URL. When the command \
            ends with 0, the request is in the intake topic, on all in-sync replicas. A request that no service accepts \
            is refused before it is sent, with every field that is wrong; a file is refused line by line. The service \
            may refuse more: over HTTP it answers at once, and a record goes to the dead-letter topic.
            """
    )

    @OptionGroup var route: RouteOptions
    @OptionGroup var options: ScheduleOptions
    @OptionGroup var waiting: WaitOption

    @Flag(help: "Print JSON: the request's place; for a file, each refused line and the totals at the end.")
    var json = false

    func validate() throws {
        guard waiting.wait == nil || options.file == nil else { throw ValidationError("--wait is for one request.") }
    }

    func run() async throws {
        switch try route.chosen() {
        case .kafka(let kafka):
            guard waiting.wait == nil else { throw ValidationError("--wait needs --http.") }
            try await send(by: kafka)
        case .http(let address):
            let service = try ClockworkHTTPClient(address: address)
            defer { service.close() }
            if let path = options.file {
                try await send(try RequestFile(path: path), by: service)
            } else {
                let request = try options.structuredRequest(now: WallClock.now())
                let outcome = try await service.create(request, wait: waiting.wait)
                Console.print(json ? outcome.json : OutcomeText.line(outcome, accepted: "scheduled"))
            }
        }
    }

    private func send(by kafka: KafkaConfiguration) async throws {
        try ProcessEnvironment.bootstrapLogging()
        let logger = Logger(label: "clockwork")
        if let request = try options.request(now: WallClock.now()) {
            let sender = try await RequestSender(kafka: kafka, logger: logger) { receipt in
                let topic = kafka.intakeTopic
                Console.print(json ? receipt.json(topic: topic) : receipt.line("scheduled", topic))
            }
            try sender.send(request)
            try sender.finish()
        } else if let path = options.file {
            let sender = try await RequestSender(kafka: kafka, logger: logger)
            let refused = try send(try RequestFile(path: path), through: sender)
            try summarize(sent: sender.acknowledged, refused: refused)
        }
    }

    /// - Returns: how many lines were refused.
    private func send(_ file: RequestFile, through sender: RequestSender) throws -> Int {
        var file = file
        var progress = ProgressLine()
        defer { progress.finish() }
        var count = 0
        var refused = 0
        while let request = try file.next(now: WallClock.now) {
            if let rejection = RequestCheck.refusal(ofLine: request) {
                refused += 1
                tell(LineRefusal(file: file.name, line: file.lineNumber, reason: .check(rejection)))
            } else {
                try sender.send(request)
            }
            count += 1
            if count.isMultiple(of: 100) { progress.update(count) }
        }
        try sender.finish()
        return refused
    }

    private func tell(_ refusal: LineRefusal) {
        if json { Console.print(refusal.json) } else { ProcessEnvironment.complain(refusal.text) }
    }

    private func send(_ file: RequestFile, by service: ClockworkHTTPClient) async throws {
        var sender = BatchSender(client: service, onRefusal: tell)
        var progress = ProgressLine()
        defer { progress.finish() }
        try await sender.send(file, now: WallClock.now) { progress.update($0) }
        progress.finish()
        try summarize(sent: sender.accepted, refused: sender.refused)
    }

    private func summarize(sent: Int, refused: Int) throws {
        if json {
            Console.print("{\"sent\":\(sent),\"refused\":\(refused)}")
        } else {
            Console.print("\(sent) requests sent" + (refused > 0 ? ", \(refused) refused" : ""))
        }
        guard refused == 0 else { throw ExitCode(1) }
    }
}
