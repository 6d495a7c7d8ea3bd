import Harness

/// Measures the pure parts. `--json` for one JSON object a line; any other argument measures only what has it in its
/// name.
@main
struct Parts {
    static func main() throws {
        let harness = Harness(arguments: CommandLine.arguments)
        try Decoding.run(harness)
        Scheduler.run(harness)
        Wheel.run(harness)
    }
}
