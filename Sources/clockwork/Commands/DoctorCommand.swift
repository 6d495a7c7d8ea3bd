import ArgumentParser
import ClockworkService

/// `clockwork doctor`: looks at what a pod would stand on.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Checks the configuration, the brokers, the store, the clock and the port; changes nothing.",
        discussion: """
            Takes the settings of `clockwork serve`, from the environment and --config. Prints a line for each check: \
            ✓ is in order, ! works but should be better, ✗ does not work. Behind an arrow it says what to do.

            Rights to write cannot be checked in Kafka without writing. In DynamoDB they are checked, by deleting an \
            item that does not exist.

            Exit codes: 0 when nothing is marked ✗, 78 when the configuration is wrong, else 1.
            """
    )

    @Option(help: ArgumentHelp("A file of name=value lines; the environment takes precedence.", valueName: "file"))
    var config: String?

    @Flag(help: "Print one JSON array.")
    var json = false

    func run() async throws {
        let findings: [Finding]
        var code: Int32 = 0
        do {
            let settings = try ProcessEnvironment.checkedConfiguration(file: config)
            let sound = Finding.good("configuration", "every setting is accepted")
            findings = [sound] + (await Doctor(configuration: settings).findings())
            if findings.contains(where: { $0.verdict == .fault }) { code = 1 }
        } catch {
            findings = [.fault("configuration", error.description, remedy: "see clockwork serve --help")]
            code = 78
        }
        if json {
            Console.print("[\(findings.map(\.json).joined(separator: ","))]")
        } else {
            Console.print(findings.map(\.line).joined(separator: "\n"))
        }
        if code != 0 { throw ExitCode(code) }
    }
}
