import ArgumentParser
import Kafka

/// The command line.
@main
struct Clockwork: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clockwork",
        abstract: "Delivers Kafka records at the time their producers ask for.",
        discussion: """
            A request is one record in the intake topic: what to deliver, where, and when. `clockwork dev` tries it all \
            on one machine, `clockwork serve` runs a pod of a cluster.

            Exit codes: 0 done, 1 failed, 64 wrong usage, 78 wrong configuration.
            """,
        subcommands: [Serve.self, Dev.self, LocalKafkaCommand.self, ScheduleCommand.self, Tail.self, Tables.self, Bench.self]
    )

    /// Parses the arguments and runs the command they name.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as KafkaError {
            guard let property = error.refusedProperty else { exit(withError: error) }
            let name = String(property.uppercased().map { $0 == "." ? "_" : $0 })
            ProcessEnvironment.complain("KAFKA_PROPERTY_\(name): \(error.message)")
            exit(withError: ExitCode(78))
        } catch {
            exit(withError: error)
        }
    }
}
