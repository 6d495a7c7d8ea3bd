import ArgumentParser
import Bytes
import ClockworkService
import Foundation

/// `clockwork-bench`: how fast, how late, how much, beside the floor of what librdkafka allows.
@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clockwork-bench",
        abstract: "Measures a pod on this host, beside the floor of what librdkafka allows.",
        discussion: """
            Brokers (those of `clockwork local-kafka`, unless --brokers names others), producer and reader run in \
            this process, a pod or the floor in another one. The floor reads, keeps in a heap and produces with \
            librdkafka: no group, no store, no JSON. Each run has a store and topics of its own, and brokers of its own \
            unless some are named. Floor and pod take turns, and the ratio of their medians is reported.
            """,
        subcommands: [Run.self, Floor.self],
        defaultSubcommand: Run.self
    )

    /// `clockwork-bench run`.
    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Measures the scenarios.")

        @Option(
            name: .customLong("only"),
            help: ArgumentHelp("A scenario to measure instead of all of them. May be repeated.", valueName: "scenario")
        )
        var scenarios: [BenchScenario] = []

        @Option(name: .customLong("repeat"), help: "How often each is measured; those with much pending once.")
        var repetitions = 3

        @Option(help: "The bytes of each payload.")
        var payload = 200

        @Option(
            help: """
                The pod's store: sqlite, in a folder of its own under TMPDIR, or dynamodb, where the AWS_ variables say; \
                its tables have to exist and keep what is written.
                """
        )
        var store = "sqlite"

        @Option(
            help: """
                Existing brokers, without TLS and authentication, in place of those in this process. Each run creates \
                topics there and deletes them; a run that is interrupted leaves clockwork-bench-… behind.
                """
        )
        var brokers: String?

        @Option(
            help: "How long the brokers in this process take to answer, such as 2ms.",
            transform: { text in
                guard let duration = DurationText.parse(text), duration <= .seconds(1) else {
                    throw ValidationError("--round-trip is a number and a unit, such as 2ms, up to 1s.")
                }
                return duration
            }
        )
        var roundTrip = Duration.zero

        @Option(
            name: .customLong("clockwork"),
            help: ArgumentHelp(
                "The executable that pods are started from. (default: clockwork, in the folder of this one)",
                valueName: "path"
            )
        )
        var podExecutable = BenchSubject.ownExecutable.deletingLastPathComponent().appending(path: "clockwork").path

        @Flag(help: "Leave the floor out.")
        var noFloor = false

        @Flag(help: "Print one JSON object for each run.")
        var json = false

        func validate() throws {
            guard store == "sqlite" || !scenarios.contains(where: { $0.pending > 0 }) else {
                throw ValidationError("Scenarios with much pending are measured with --store sqlite.")
            }
            guard ["sqlite", "dynamodb"].contains(store) else {
                throw ValidationError("--store takes sqlite or dynamodb.")
            }
            guard brokers == nil || roundTrip == .zero else {
                throw ValidationError("--round-trip is for the brokers in this process, not for --brokers.")
            }
            guard FileManager.default.isExecutableFile(atPath: podExecutable) else {
                throw ValidationError("There is no executable at \(podExecutable): see --clockwork.")
            }
            guard (1...100).contains(repetitions) else { throw ValidationError("--repeat takes 1 to 100.") }
            guard (BenchMark.length...100_000).contains(payload) else {
                throw ValidationError("--payload takes \(BenchMark.length) to 100000.")
            }
        }

        func run() async throws {
            let all = BenchScenario.allCases.filter { store == "sqlite" || $0.pending == 0 }
            for scenario in scenarios.isEmpty ? all : scenarios {
                var results: [BenchResult] = []
                for repetition in 1...(scenario.pending > 0 ? 1 : repetitions) {
                    for kind in BenchSubjectKind.allCases where kind == .pod || (scenario.hasFloor && !noFloor) {
                        let result = try await measure(scenario, kind, repetition)
                        results.append(result)
                        if json { try print(result.json) }
                    }
                }
                if !json { for line in BenchTable.lines(of: results) { print(line) } }
            }
        }

        /// Writes a line to standard output at once, also into a pipe.
        private func print(_ line: String) {
            FileHandle.standardOutput.write(Data("\(line)\n".utf8))
        }

        private func measure(
            _ scenario: BenchScenario,
            _ kind: BenchSubjectKind,
            _ repetition: Int
        ) async throws -> BenchResult {
            let folder = FileManager.default.temporaryDirectory.appending(path: "clockwork-bench-\(UUID())")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
            defer { try? FileManager.default.removeItem(at: folder) }
            let run = BenchRun(
                scenario: scenario,
                kind: kind,
                payloadBytes: payload,
                brokers: brokers.map { .real($0) } ?? .local(roundTrip: roundTrip),
                store: store,
                folder: folder.path,
                podExecutable: podExecutable
            )
            return try await run.run(repetition: repetition)
        }
    }
}
