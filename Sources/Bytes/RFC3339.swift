/// Instants as RFC 3339 writes them: `2026-12-24T18:00:00+01:00`, `2026-12-24T17:00:00.250Z`.
package enum RFC3339 {
    /// Reads one instant, in milliseconds since 1970-01-01T00:00:00Z.
    ///
    /// Leap seconds (`:60`) are refused, because epoch time has no number for them.
    ///
    /// - Parameter rounding: the direction in which fractions of a millisecond are rounded: up for a time that must
    ///   never be early, down for one that must never be late.
    /// - Returns: `nil` if the text has another form, or names a date or time that does not exist.
    package static func epochMilliseconds(_ text: String, rounding: Rounding) -> Int64? {
        var rest = text.utf8[...]
        guard let year = takeNumber(&rest, digits: 4), take(&rest, "-"),
            let month = takeNumber(&rest, digits: 2), take(&rest, "-"),
            let day = takeNumber(&rest, digits: 2),
            let date = CivilDate(year: year, month: month, day: day),
            take(&rest, "T") || take(&rest, "t"),
            let hour = takeNumber(&rest, digits: 2), hour < 24, take(&rest, ":"),
            let minute = takeNumber(&rest, digits: 2), minute < 60, take(&rest, ":"),
            let second = takeNumber(&rest, digits: 2), second < 60,
            let fraction = takeFraction(&rest, rounding),
            let offsetMinutes = takeOffset(&rest),
            rest.isEmpty
        else { return nil }

        let minutes = (date.daysSinceEpoch * 24 + hour) * 60 + minute - offsetMinutes
        return (minutes * 60 + second) * 1_000 + fraction
    }

    /// Reads one instant, in whole seconds since 1970-01-01T00:00:00Z, rounded down.
    package static func epochSeconds(_ text: String) -> Int64? {
        epochMilliseconds(text, rounding: .down).map { $0 >= 0 ? $0 / 1_000 : ($0 - 999) / 1_000 }
    }

    /// The direction in which fractions of a millisecond are rounded.
    package enum Rounding {
        case up
        case down
    }

    /// Writes an instant in UTC with milliseconds: `2026-12-24T17:00:00.250Z`.
    ///
    /// - Parameter epochMilliseconds: Within the years 0000 to 9999. Outside them the year has another number of
    ///   digits.
    package static func format(epochMilliseconds: Int64) -> String {
        let (date, millisecond) = CivilDate.split(epochMilliseconds, unitsPerDay: 86_400_000)
        let second = millisecond / 1_000
        return padded(date.year, 4) + "-" + padded(date.month, 2) + "-" + padded(date.day, 2) + "T"
            + padded(second / 3_600, 2) + ":" + padded(second / 60 % 60, 2) + ":" + padded(second % 60, 2) + "."
            + padded(millisecond % 1_000, 3) + "Z"
    }

    /// Writes a second in UTC as AWS signatures contain it: `20150830T123600Z`.
    package static func basic(epochSeconds: Int64) -> String {
        let (date, second) = CivilDate.split(epochSeconds, unitsPerDay: 86_400)
        return padded(date.year, 4) + padded(date.month, 2) + padded(date.day, 2) + "T" + padded(second / 3_600, 2)
            + padded(second / 60 % 60, 2) + padded(second % 60, 2) + "Z"
    }

    // MARK: - The text

    private typealias Rest = Substring.UTF8View

    private static func take(_ rest: inout Rest, _ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    private static func takeDigit(_ rest: inout Rest) -> Int64? {
        guard let byte = rest.first, byte.isASCIIDigit else { return nil }
        rest.removeFirst()
        return Int64(byte - UInt8(ascii: "0"))
    }

    private static func takeNumber(_ rest: inout Rest, digits: Int) -> Int64? {
        var number: Int64 = 0
        for _ in 0..<digits {
            guard let digit = takeDigit(&rest) else { return nil }
            number = number * 10 + digit
        }
        return number
    }

    /// Milliseconds, 0 to 1000: a fraction just below the next second may be rounded up to it.
    private static func takeFraction(_ rest: inout Rest, _ rounding: Rounding) -> Int64? {
        guard take(&rest, ".") else { return 0 }
        guard var milliseconds = takeDigit(&rest).map({ $0 * 100 }) else { return nil }
        var weight: Int64 = 10
        var isFiner = false
        while let digit = takeDigit(&rest) {
            milliseconds += digit * weight
            isFiner = isFiner || weight == 0 && digit != 0
            weight /= 10
        }
        return isFiner && rounding == .up ? milliseconds + 1 : milliseconds
    }

    /// Minutes east of UTC.
    private static func takeOffset(_ rest: inout Rest) -> Int64? {
        if take(&rest, "Z") || take(&rest, "z") { return 0 }
        let isWest = take(&rest, "-")
        guard isWest || take(&rest, "+"),
            let hours = takeNumber(&rest, digits: 2), hours < 24, take(&rest, ":"),
            let minutes = takeNumber(&rest, digits: 2), minutes < 60
        else { return nil }
        return (hours * 60 + minutes) * (isWest ? -1 : 1)
    }

    private static func padded(_ number: Int64, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}
