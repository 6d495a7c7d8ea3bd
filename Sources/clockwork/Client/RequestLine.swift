import ClockworkService
import Scheduling

/// Prepares one line of a request file, a structured request, for sending.
///
/// Two things are done, and everything else stays byte for byte as it was: a `scheduleTime` such as `"+90s"` becomes
/// the time of sending plus that, and the record key is found. Whether the line is a request, `RequestCheck` says.
enum RequestLine {
    /// The request that `line` stands for when it is sent at `now`.
    static func prepare(_ line: [UInt8], now: EpochMilliseconds) -> OutgoingRequest {
        guard let members = JSONMembers.values(in: line) else { return OutgoingRequest(key: nil, value: line) }
        func text(_ name: String) -> String? {
            members[name].flatMap { JSONMembers.text(line[$0]) }
        }
        let key = text("orderingKey") ?? text("scheduleKey") ?? text("scheduleId")

        var value = line
        if let range = members["scheduleTime"], let relative = text("scheduleTime"), relative.first == "+",
            let delay = DurationText.parse(relative.dropFirst())
        {
            // The sum cannot overflow for a clock that is set to any year a request may name; beyond it is clamped,
            // and the service refuses what is too far.
            let (time, overflows) = now.rawValue.addingReportingOverflow(delay.wholeMilliseconds)
            value.replaceSubrange(range, with: String(overflows ? .max : time).utf8)
        }
        return OutgoingRequest(key: key.map { Array($0.utf8) }, value: value)
    }
}
