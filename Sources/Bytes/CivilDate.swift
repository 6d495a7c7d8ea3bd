/// A day of the proleptic Gregorian calendar.
///
/// Years are counted from 1 March, so the leap day is the last day of a year. They are grouped into eras of 400 years,
/// after which the calendar repeats. The method is Howard Hinnant's, [chrono-Compatible Low-Level Date
/// Algorithms](https://howardhinnant.github.io/date_algorithms.html).
package struct CivilDate: Equatable {
    /// The year, from 0.
    package let year: Int64
    /// The month, 1 to 12.
    package let month: Int64
    /// The day of the month, from 1.
    package let day: Int64

    private static let daysPerEra: Int64 = 146_097
    private static let daysFromEraStartToEpoch: Int64 = 719_468

    /// A day from its parts; `nil` if there is no such day.
    package init?(year: Int64, month: Int64, day: Int64) {
        guard 1...12 ~= month, day >= 1, day <= Self.dayCount(year: year, month: month) else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// The day that is this many days after 1970-01-01.
    package init(daysSinceEpoch days: Int64) {
        let (era, dayOfEra) = Self.divide(days + Self.daysFromEraStartToEpoch, by: Self.daysPerEra)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = (monthFromMarch + 2) % 12 + 1
        year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    }

    /// How many days the day is after 1970-01-01.
    package var daysSinceEpoch: Int64 {
        let (era, yearOfEra) = Self.divide(month > 2 ? year : year - 1, by: 400)
        let monthFromMarch = (month + 9) % 12
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * Self.daysPerEra + dayOfEra - Self.daysFromEraStartToEpoch
    }

    /// The day of a time since 1970-01-01T00:00:00Z, and the time of that day.
    package static func split(_ time: Int64, unitsPerDay: Int64) -> (date: CivilDate, timeOfDay: Int64) {
        let (days, timeOfDay) = divide(time, by: unitsPerDay)
        return (CivilDate(daysSinceEpoch: days), timeOfDay)
    }

    private static func dayCount(year: Int64, month: Int64) -> Int64 {
        switch month {
        case 2: year.isMultiple(of: 4) && !year.isMultiple(of: 100) || year.isMultiple(of: 400) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// The quotient rounded down.
    private static func divide(_ value: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
