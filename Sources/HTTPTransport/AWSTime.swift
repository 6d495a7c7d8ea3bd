/// Seconds since 1970 as Amazon Web Services write and read them.
///
/// Leap seconds do not exist here, as they do not for POSIX; years are 1970 to 9999.
package enum AWSTime {
    /// As a signature carries it: `20150830T123600Z`.
    package static func basic(_ epochSeconds: Int64) -> String {
        let (days, seconds) = max(0, epochSeconds).quotientAndRemainder(dividingBy: 86_400)
        let (year, month, day) = date(ofDay: days)
        return padded(year, 4) + padded(month, 2) + padded(day, 2) + "T" + padded(seconds / 3600, 2)
            + padded(seconds / 60 % 60, 2) + padded(seconds % 60, 2) + "Z"
    }

    /// Reads `2015-08-30T12:36:00Z`, with or without a fraction, which is dropped: an expiry is never read as later
    /// than it is. `nil` for all else.
    package static func parseISO8601(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z"), bytes[4] == UInt8(ascii: "-"),
            bytes[7] == UInt8(ascii: "-"), bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"),
            bytes[16] == UInt8(ascii: ":")
        else { return nil }
        let fraction = bytes[19..<(bytes.count - 1)]
        guard
            fraction.isEmpty
                || fraction.first == UInt8(ascii: ".") && fraction.count > 1
                    && fraction.dropFirst().allSatisfy({ 0x30...0x39 ~= $0 })
        else { return nil }
        return epochSeconds(
            year: number(bytes[0..<4]),
            month: number(bytes[5..<7]),
            day: number(bytes[8..<10]),
            hour: number(bytes[11..<13]),
            minute: number(bytes[14..<16]),
            second: number(bytes[17..<19])
        )
    }

    /// Reads the date of an HTTP header in the one form that may be sent: `Sun, 06 Nov 1994 08:49:37 GMT`.
    package static func parseHTTPDate(_ text: String) -> Int64? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[0].utf8.count == 4, parts[5] == "GMT" else { return nil }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let time = parts[4].split(separator: ":", omittingEmptySubsequences: false)
        guard let month = months.firstIndex(of: String(parts[2])), time.count == 3,
            time.allSatisfy({ $0.utf8.count == 2 })
        else { return nil }
        return epochSeconds(
            year: number(parts[3].utf8),
            month: Int64(month) + 1,
            day: number(parts[1].utf8),
            hour: number(time[0].utf8),
            minute: number(time[1].utf8),
            second: number(time[2].utf8)
        )
    }

    private static func epochSeconds(
        year: Int64?,
        month: Int64?,
        day: Int64?,
        hour: Int64?,
        minute: Int64?,
        second: Int64?
    ) -> Int64? {
        guard let year, let month, let day, let hour, let minute, let second, 1970...9999 ~= year, 1...12 ~= month,
            hour < 24, minute < 60, second <= 60
        else { return nil }
        let number = self.day(year: year, month: month, day: day)
        // A day that the month does not have comes back as one of the next month.
        guard date(ofDay: number) == (year, month, day) else { return nil }
        return number * 86_400 + hour * 3600 + minute * 60 + second
    }

    private static func number(_ digits: some Collection<UInt8>) -> Int64? {
        guard !digits.isEmpty, digits.count <= 4, digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }

    private static func padded(_ number: Int64, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }

    // Both count from 1 March of year 0, so that the leap day is the last of a year of 400-year cycles; see
    // https://howardhinnant.github.io/date_algorithms.html

    private static func day(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = year.quotientAndRemainder(dividingBy: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(ofDay number: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, day) = (number + 719_468).quotientAndRemainder(dividingBy: 146_097)
        let yearOfEra = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365
        let dayOfYear = day - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}
