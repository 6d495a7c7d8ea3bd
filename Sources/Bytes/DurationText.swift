/// Durations as people write them: a whole number and one unit, `250ms`, `10s`, `5m`, `12h` or `7d`.
package enum DurationText {
    /// Reads one duration.
    ///
    /// - Returns: `nil` if the text has another form (a sign, a space, a fraction, two units), or exceeds `Int64.max`
    ///   milliseconds.
    package static func parse(_ text: some StringProtocol) -> Duration? {
        let digits = text.prefix { $0.utf8.allSatisfy(\.isASCIIDigit) }
        guard let number = Int64(digits), let unit = milliseconds(inUnit: text[digits.endIndex...]) else { return nil }
        let (total, overflows) = number.multipliedReportingOverflow(by: unit)
        return overflows ? nil : .milliseconds(total)
    }

    /// Writes a duration with the largest unit that divides it. Fractions of a millisecond are cut off.
    package static func format(_ duration: Duration) -> String {
        let total = duration.wholeMilliseconds
        for unit in ["d", "h", "m", "s"] {
            guard let size = milliseconds(inUnit: unit), total != 0, total.isMultiple(of: size) else { continue }
            return "\(total / size)\(unit)"
        }
        return "\(total)ms"
    }

    private static func milliseconds(inUnit unit: some StringProtocol) -> Int64? {
        switch unit {
        case "ms": 1
        case "s": 1_000
        case "m": 60_000
        case "h": 3_600_000
        case "d": 86_400_000
        default: nil
        }
    }
}

extension Duration {
    /// The duration in milliseconds. Fractions of a millisecond are cut off, and a duration beyond `Int64` is clamped.
    package var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflows) = seconds.multipliedReportingOverflow(by: 1_000)
        guard !overflows else { return seconds < 0 ? .min : .max }
        let (sum, sumOverflows) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return sumOverflows ? (seconds < 0 ? .min : .max) : sum
    }
}
