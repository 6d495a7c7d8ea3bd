import ClockworkClient
import ClockworkService
import Scheduling

/// A schedule's status for people.
enum StatusText {
    /// A few lines: identity and state first, then what is known.
    static func lines(_ status: ScheduleStatus, now: EpochMilliseconds) -> String {
        var lines = [clean("\(status.clientID)/\(status.scheduleKey)  \(status.state)")]
        if let time = status.scheduleTimeMilliseconds {
            let instant = EpochMilliseconds(rawValue: time)
            let due = instant.rfc3339
            lines.append("due           \(due)  (\(distance(from: now, to: instant)))")
        }
        if let topic = status.delivery?.topic { lines.append("delivery      topic \(clean(topic))") }
        if let url = status.delivery?.url { lines.append("delivery      \(clean(url))") }
        if let key = status.orderingKey { lines.append("ordering key  \(clean(key))") }
        if let partition = status.partition, let offset = status.offset {
            lines.append("request       partition \(partition), offset \(offset)")
        }
        if let attempt = status.attempt {
            var line = "attempt       \(attempt)"
            if let time = status.nextAttemptTimeMilliseconds {
                let instant = EpochMilliseconds(rawValue: time)
                line += "  due \(instant.rfc3339) (\(distance(from: now, to: instant)))"
            }
            lines.append(line)
        }
        if let failure = status.lastFailure { lines.append("last failure  \(clean(failure))") }
        if !status.isFinal { lines.append("not certain   earlier requests are still to be applied") }
        return lines.joined(separator: "\n")
    }

    /// `in 3 m`, `2 h ago`, `now`: the largest unit, cut off.
    static func distance(from now: EpochMilliseconds, to instant: EpochMilliseconds) -> String {
        let milliseconds = instant.rawValue.subtractingReportingOverflow(now.rawValue).partialValue
        let length = milliseconds.magnitude
        guard length >= 1_000 else { return "now" }
        let units: [(size: UInt64, name: String)] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")]
        let unit = units.first { length >= $0.size } ?? (1_000, "s")
        let text = "\(length / unit.size) \(unit.name)"
        return milliseconds > 0 ? "in \(text)" : "\(text) ago"
    }

    /// Text from outside without what a terminal would obey.
    static func clean(_ text: String) -> String {
        String(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) })
    }
}
