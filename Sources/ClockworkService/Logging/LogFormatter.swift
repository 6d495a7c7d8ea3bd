internal import Bytes
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
        var line = time.rfc3339 + " " + level + String(repeating: " ", count: max(1, 9 - level.utf8.count))
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

    /// Appends text without line breaks. Control characters are escaped, so that a message cannot look like two lines
    /// or control a terminal.
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
            line += JSONWriter.quoted(text)
        }
    }

    // MARK: - JSON: `{"time":"…","level":"info","logger":"…","message":"…","metadata":{…}}`

    private func jsonLine(
        at time: EpochMilliseconds,
        label: String,
        event: LogEvent,
        metadata: SortedMetadata
    ) -> String {
        let json = JSONWriter.objectText { json in
            json.member("time", time.rfc3339)
            json.member("level", event.level.rawValue)
            json.member("logger", label)
            json.member("message", event.message.description)
            json.member("error", event.error.map { "\($0)" })
            if !metadata.isEmpty {
                json.member("metadata") { json in write(metadata, to: &json) }
            }
        }
        return json + "\n"
    }

    private func write(_ members: SortedMetadata, to json: inout JSONWriter) {
        for (key, value) in members {
            json.name(key)
            write(value, to: &json)
        }
    }

    private func write(_ value: Logger.Metadata.Value, to json: inout JSONWriter) {
        switch value {
        case .dictionary(let members):
            json.object { json in write(members.sorted { $0.key < $1.key }, to: &json) }
        case .array(let values):
            json.array(of: values) { json, value in write(value, to: &json) }
        case .string, .stringConvertible:
            json.string(value.description)
        @unknown default:
            json.string(value.description)
        }
    }
}
