import ArgumentParser
import ClockworkService
import Glibc
import Logging
import Scheduling

/// `clockwork schedule`: sends requests.
struct ScheduleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule",
        abstract: "Sends a request to the intake topic, or a file of them.",
        discussion: """
            One request:
              clockwork schedule --topic order-reminders --client shop --key order-17 --in 90s --data 'Pay me'

            A file of structured requests, one JSON object a line, of any size (- is standard input):
              clockwork schedule --file examples/requests.jsonl

            The request is in the intake topic, on all in-sync replicas, when the command ends with 0. Whether it can \
            be accepted is for the service to say: what cannot goes to the dead-letter topic.
            """
    )

    @OptionGroup var client: ClientOptions
    @OptionGroup var options: ScheduleOptions

    func run() async throws {
        let kafka = try ProcessEnvironment.configured {
            try client.kafka(environment: ProcessEnvironment.variables, readFile: ProcessEnvironment.text(ofFile:))
        }
        try ProcessEnvironment.configured {
            LoggingSystem.bootstrapClockwork(try LoggingConfiguration(environment: ProcessEnvironment.variables))
        }
        let logger = Logger(label: "clockwork")
        if let request = try options.request(now: WallClock.now()) {
            let sender = try await RequestSender(kafka: kafka, logger: logger) { receipt in
                print("scheduled as \(kafka.intakeTopic)/\(receipt.partition)/\(receipt.offset)")
            }
            try sender.send(request)
            try sender.finish()
        } else if let path = options.file {
            let sender = try await RequestSender(kafka: kafka, logger: logger)
            try Self.send(try RequestFile(path: path), through: sender)
            print("\(sender.acknowledged) requests sent")
        }
    }

    /// Sends every request of a file, telling on a terminal how far it has come.
    private static func send(_ file: RequestFile, through sender: RequestSender) throws {
        var file = file
        let isTerminal = isatty(STDERR_FILENO) == 1
        var count = 0
        while let request = try file.next(now: WallClock.now) {
            try sender.send(request)
            count += 1
            if isTerminal, count % 10_000 == 0 { Console.writeError("\r\(count) requests") }
        }
        try sender.finish()
        if isTerminal, count >= 10_000 { Console.writeError("\r\u{1B}[K") }
    }
}
