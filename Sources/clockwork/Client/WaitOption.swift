import ArgumentParser
import Bytes
import ClockworkService

/// How long a command waits for the owner of the partition to apply its request.
struct WaitOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "With --http: waits up to this long, at most 30s, until the request is applied, and says so.",
            valueName: "duration"
        ),
        transform: Self.duration
    )
    var wait: Duration?

    private static func duration(_ text: String) throws -> Duration {
        guard let duration = DurationText.parse(text), duration <= .seconds(30) else {
            throw ValidationError("A wait is a number and a unit, such as 10s, up to 30s.")
        }
        return duration
    }
}
