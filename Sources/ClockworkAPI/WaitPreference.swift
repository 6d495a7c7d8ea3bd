internal import HTTPTypes

/// `Prefer: wait=N` (RFC 7240).
enum WaitPreference {
    private static let longest = 30

    /// How long the client wants to wait for the outcome, at most 30 s; `nil` if it does not want to wait. A preference
    /// that cannot be read is ignored, as the RFC says.
    static func read(_ fields: HTTPFields) -> Duration? {
        guard let name = HTTPField.Name("Prefer") else { return nil }
        for preference in fields[values: name].flatMap({ $0.split(separator: ",") }) {
            let parts = preference.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, trimmed(parts[0]).lowercased() == "wait" else { continue }
            let digits = trimmed(parts[1])
            guard let seconds = UInt64(digits), seconds > 0 else { return nil }
            return .seconds(min(Int(clamping: seconds), longest))
        }
        return nil
    }

    private static func trimmed(_ text: Substring) -> Substring {
        text.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
    }
}
