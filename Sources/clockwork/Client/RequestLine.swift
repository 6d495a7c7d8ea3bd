import Bytes
import ClockworkService
import Scheduling

/// Prepares one line of a request file, a structured request, for sending.
///
/// Two things are done, and everything else stays byte for byte as it was: a `scheduleTime` such as `"+90s"` becomes
/// the time of sending plus that, and the record key is found. Whether the line is a request, `RequestCheck` says.
enum RequestLine {
    /// The request that `line` stands for when it is sent at `now`.
    static func prepare(_ line: [UInt8], now: EpochMilliseconds) -> OutgoingRequest {
        guard let members = try? Members(of: line) else { return OutgoingRequest(key: nil, value: line) }
        var value = line
        if let time = members.scheduleTime, time.text.first == "+",
            let delay = DurationText.parse(time.text.dropFirst())
        {
            // The sum cannot overflow for a clock that is set to any year a request may name; beyond it is clamped,
            // and the service refuses what is too far.
            let (sum, overflows) = now.rawValue.addingReportingOverflow(delay.wholeMilliseconds)
            value.replaceSubrange(time.range, with: String(overflows ? .max : sum).utf8)
        }
        let key = members.orderingKey ?? members.scheduleKey ?? members.scheduleID
        return OutgoingRequest(key: key.map { Array($0.utf8) }, value: value)
    }

    /// The members that are looked at, where their values are strings; of a repeated name the last.
    private struct Members {
        var orderingKey: String?
        var scheduleKey: String?
        var scheduleID: String?
        var scheduleTime: (text: String, range: Range<Int>)?

        init(of line: [UInt8]) throws(JSONError) {
            let members = line.withUnsafeBytes { bytes in
                Result { () throws(JSONError) in
                    var members = Members()
                    try members.read(bytes)
                    return members
                }
            }
            self = try members.get()
        }

        private init() {}

        private mutating func read(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
            var scanner = JSONScanner(bytes)
            try scanner.enterText()
            var isFirst = true
            while let name = try scanner.nextMember(isFirst: &isFirst) {
                scanner.skipWhitespace()
                let start = scanner.position
                let value = try scanner.scanValue()
                let text: String? = if case .string(let text) = value { text.makeString() } else { nil }
                switch name {
                case "orderingKey": orderingKey = text
                case "scheduleKey": scheduleKey = text
                case "scheduleId": scheduleID = text
                case "scheduleTime": scheduleTime = text.map { ($0, start..<scanner.position) }
                default: break
                }
            }
            try scanner.finish()
        }
    }
}
