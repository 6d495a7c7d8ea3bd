import ArgumentParser
import ClockworkService
import HTTPTransport
import Logging
import ScheduleStores

/// `clockwork tables`: the DynamoDB tables.
struct Tables: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Manages the DynamoDB tables.",
        subcommands: [Create.self]
    )

    /// `clockwork tables create`.
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Creates the tables where they are missing, with time to live turned on.",
            discussion: """
                The names are those of SCHEDULE_DB and PARTITION_EXEC_DB. Tables are billed by request. Tables that \
                exist are left as they are. Needs dynamodb:CreateTable, DescribeTable, DescribeTimeToLive and \
                UpdateTimeToLive.
                """
        )

        @Option(help: ArgumentHelp("A file of name=value lines; the environment takes precedence.", valueName: "file"))
        var config: String?

        func run() async throws {
            // The tables have nothing to do with Kafka, so its settings need not be there.
            var overrides = ["SCHEDULE_STORE": "dynamodb"]
            if ProcessEnvironment.variables["KAFKA_BROKERS"] == nil { overrides["KAFKA_BROKERS"] = "localhost:9092" }
            let configuration = try ProcessEnvironment.configuration(file: config, overrides: overrides)
            LoggingSystem.bootstrapClockwork(configuration.logging)
            guard case .dynamoDB(let settings) = configuration.store else { return }
            let (store, http) = try OpenStore.dynamoDB(settings, configuration, Logger(label: "clockwork"))
            defer { http.close() }
            try await store.createTables()
            print("tables \(settings.scheduleTable) and \(settings.progressTable) are there")
        }
    }
}
