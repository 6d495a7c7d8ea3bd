internal import Logging
internal import Scheduling

/// Turns a log event into one line.
enum LogFormatter {
    case text
    case json

    /// The line, with its line end and no other line break.
    func line(at time: EpochMilliseconds, label: String, event: LogEvent, metadata: Logger.Metadata) -> String {
        let metadata = metadata.sorted { $0.key < $1.key }
        switch self {
        case .text:
            return textLine(at: time, event: event, metadata: metadata)
        case .json:
            return jsonLine(at: time, label: label, event: event, metadata: metadata)
        }
    }

    private typealias SortedMetadata = [(key: String, value: Logger.Metadata.Value)]

    // MARK: - Text: `2026-12-24T17:00:00.250Z info     joined group=scheduler host="two words"`

    private func textLine(at time: EpochMilliseconds, event: LogEvent, metadata: SortedMetadata) -> String {
        let level = event.level.rawValue
        var line = RFC3339.format(time) + " " + level + String(repeating: " ", count: max(1, 9 - level.utf8.count))
        appendUnbroken(event.message.description, to: &line)
        for (key, value) in metadata {
            line += " "
            appendWord(key, to: &line)
            line += "="
            appendWord(value.description, to: &line)
        }
        if let error = event.error {
            line += " error="
            appendWord("\(error)", to: &line)
        }
        return line + "\n"
    }

    /// Control characters are escaped, so that no message can pass for two lines or steer a terminal.
    private func appendUnbroken(_ text: String, to line: inout String) {
        for scalar in text.unicodeScalars {
            if scalar.properties.generalCategory == .control || scalar == "\u{2028}" || scalar == "\u{2029}" {
                line += scalar.escaped(asASCII: true)
            } else {
                line.unicodeScalars.append(scalar)
            }
        }
    }

    private func appendWord(_ text: String, to line: inout String) {
        let isPlain = text.utf8.allSatisfy { byte in
            byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "=")
        }
        if isPlain, !text.isEmpty {
            line += text
        } else {
            JSONText.append(text, to: &line)
        }
    }

    // MARK: - JSON: `{"time":"…","level":"info","logger":"…","message":"…","metadata":{…}}`

    private func jsonLine(
        at time: EpochMilliseconds,
        label: String,
        event: LogEvent,
        metadata: SortedMetadata
    ) -> String {
        var line = "{\"time\":\"" + RFC3339.format(time) + "\",\"level\":\"" + event.level.rawValue + "\",\"logger\":"
        JSONText.append(label, to: &line)
        line += ",\"message\":"
        JSONText.append(event.message.description, to: &line)
        if let error = event.error {
            line += ",\"error\":"
            JSONText.append("\(error)", to: &line)
        }
        if !metadata.isEmpty {
            line += ",\"metadata\":"
            appendObject(metadata, to: &line)
        }
        return line + "}\n"
    }

    private func appendObject(_ members: SortedMetadata, to line: inout String) {
        line += "{"
        for (index, (key, value)) in members.enumerated() {
            if index > 0 { line += "," }
            JSONText.append(key, to: &line)
            line += ":"
            appendValue(value, to: &line)
        }
        line += "}"
    }

    private func appendValue(_ value: Logger.Metadata.Value, to line: inout String) {
        switch value {
        case .dictionary(let members):
            appendObject(members.sorted { $0.key < $1.key }, to: &line)
        case .array(let values):
            line += "["
            for (index, value) in values.enumerated() {
                if index > 0 { line += "," }
                appendValue(value, to: &line)
            }
            line += "]"
        case .string, .stringConvertible:
            JSONText.append(value.description, to: &line)
        @unknown default:
            JSONText.append(value.description, to: &line)
        }
    }
}
