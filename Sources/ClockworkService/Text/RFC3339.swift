public import Scheduling

/// Instants as RFC 3339 writes them: `2026-12-24T18:00:00+01:00`, `2026-12-24T17:00:00.250Z`.
public enum RFC3339 {
    /// Reads one instant.
    ///
    /// What is finer than a millisecond is rounded up, since a schedule must never be early. Leap seconds (`:60`) have
    /// no place of their own in epoch time and are refused.
    ///
    /// - Returns: `nil` when the text has another shape or names a date or time that does not exist.
    public static func parse(_ text: String) -> EpochMilliseconds? {
        var rest = text.utf8[...]
        guard let year = takeNumber(&rest, digits: 4), take(&rest, "-"),
            let month = takeNumber(&rest, digits: 2), (1...12).contains(month), take(&rest, "-"),
            let day = takeNumber(&rest, digits: 2), day >= 1, day <= dayCount(year: year, month: month),
            take(&rest, "T") || take(&rest, "t"),
            let hour = takeNumber(&rest, digits: 2), hour < 24, take(&rest, ":"),
            let minute = takeNumber(&rest, digits: 2), minute < 60, take(&rest, ":"),
            let second = takeNumber(&rest, digits: 2), second < 60,
            let fraction = takeFraction(&rest),
            let offsetMinutes = takeOffset(&rest),
            rest.isEmpty
        else { return nil }

        let minutes = (daysSinceEpoch(year: year, month: month, day: day) * 24 + hour) * 60 + minute - offsetMinutes
        return EpochMilliseconds(rawValue: (minutes * 60 + second) * 1_000 + fraction)
    }

    /// Writes an instant in UTC with milliseconds: `2026-12-24T17:00:00.250Z`.
    ///
    /// - Parameter instant: Within the years 0000 to 9999; outside of them the year has another number of digits.
    public static func format(_ instant: EpochMilliseconds) -> String {
        let (days, millisecondOfDay) = floorDivide(instant.rawValue, by: 86_400_000)
        let (year, month, day) = date(daysSinceEpoch: days)
        let secondOfDay = millisecondOfDay / 1_000
        return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2) + "T" + padded(secondOfDay / 3_600, 2)
            + ":" + padded(secondOfDay / 60 % 60, 2) + ":" + padded(secondOfDay % 60, 2) + "."
            + padded(millisecondOfDay % 1_000, 3) + "Z"
    }

    // MARK: - The calendar

    // Years are counted from 1 March, so that the leap day is a year's last day, and in eras of 400 years, after which
    // the Gregorian calendar repeats. The method is Howard Hinnant's, "chrono-Compatible Low-Level Date Algorithms".

    private static let daysPerEra: Int64 = 146_097
    private static let daysFromEraStartToEpoch: Int64 = 719_468

    private static func daysSinceEpoch(year: Int64, month: Int64, day: Int64) -> Int64 {
        let (era, yearOfEra) = floorDivide(month > 2 ? year : year - 1, by: 400)
        let monthFromMarch = (month + 9) % 12
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * daysPerEra + dayOfEra - daysFromEraStartToEpoch
    }

    private static func date(daysSinceEpoch days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floorDivide(days + daysFromEraStartToEpoch, by: daysPerEra)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = (monthFromMarch + 2) % 12 + 1
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
    }

    private static func dayCount(year: Int64, month: Int64) -> Int64 {
        switch month {
        case 2: year.isMultiple(of: 4) && !year.isMultiple(of: 100) || year.isMultiple(of: 400) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func floorDivide(_ value: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
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

    /// Milliseconds, 0 to 1000: a fraction just below the next second is rounded up to it.
    private static func takeFraction(_ rest: inout Rest) -> Int64? {
        guard take(&rest, ".") else { return 0 }
        guard var milliseconds = takeDigit(&rest).map({ $0 * 100 }) else { return nil }
        var weight: Int64 = 10
        var roundsUp = false
        while let digit = takeDigit(&rest) {
            milliseconds += digit * weight
            roundsUp = roundsUp || weight == 0 && digit != 0
            weight /= 10
        }
        return roundsUp ? milliseconds + 1 : milliseconds
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
