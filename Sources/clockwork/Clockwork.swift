import ArgumentParser
import ClockworkService

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
        version: Release.version,
        subcommands: [
            Serve.self, Dev.self, LocalKafkaCommand.self, ScheduleCommand.self, CancelCommand.self, StatusCommand.self,
            PartitionsCommand.self, Tail.self, Tables.self, DoctorCommand.self,
        ]
    )
}
