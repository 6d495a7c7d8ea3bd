import ArgumentParser
import ClockworkClient
import ClockworkService
import Glibc

/// `clockwork partitions`: shows how the intake partitions are doing.
struct PartitionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "partitions",
        abstract: "Shows the owner and the progress of every intake partition.",
        discussion: """
            Asks the HTTP API. RESIDENT is the number of schedules in the owner's memory, COMMITTED the intake offset \
            to be read next after a restart, and DELIVERED UP TO the schedule time of the latest delivery.
            """
    )

    @OptionGroup var http: HTTPOptions

    @Flag(help: "Show it again every second until Ctrl-C; on a terminal, in place.")
    var watch = false

    @Flag(help: "Print one JSON array, with --watch one a line.")
    var json = false

    func run() async throws {
        let address = try ProcessEnvironment.configured {
            try http.requiredAddress(environment: ProcessEnvironment.variables)
        }
        let service = try ClockworkHTTPClient(address: address)
        defer { service.close() }
        guard watch else {
            show(try await service.partitions())
            return
        }
        let isTerminal = isatty(STDOUT_FILENO) == 1
        // Home, and clear from there: what was shown before is written over.
        let home = isTerminal && !json ? "\u{1B}[H\u{1B}[J" : ""
        while true {
            do throws(ClockworkClientError) {
                show(try await service.partitions(), after: home)
            } catch {
                // A pod that restarts is what one watches for.
                guard error.isRetriable else { throw error }
                ProcessEnvironment.complain(error.message)
            }
            try await Task.sleep(for: .seconds(1))
        }
    }

    private func show(_ reports: [PartitionReport], after prefix: String = "") {
        if json {
            Console.print("[\(reports.map(\.json).joined(separator: ","))]")
        } else {
            Console.print(prefix + PartitionTable.text(reports, now: WallClock.now()))
        }
    }
}
