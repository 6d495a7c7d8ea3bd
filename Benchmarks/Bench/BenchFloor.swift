import ArgumentParser
import CFloor

extension Bench {
    /// `clockwork-bench floor`: the process that a pod is measured against.
    struct Floor: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Runs the floor: consume, hold, produce, and nothing else.",
            shouldDisplay: false
        )

        @Option var brokers: String
        @Option var intake: String
        @Option var partitions: Int32
        @Option var delivery: String
        @Option var fetchWait: Int32

        func run() throws {
            throw ExitCode(floor_run(brokers, intake, partitions, delivery, fetchWait))
        }
    }
}
