/// Measures the parts. `--json` for one JSON object a line; any other argument measures only what has it in its name.
@main
struct Micro {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        let harness = Harness(json: arguments.contains("--json"), filter: arguments.first { $0 != "--json" })
        try Decoding.run(harness)
        Scheduler.run(harness)
        Wheel.run(harness)
        try await Database.run(harness)
    }
}
