import Bytes
import Foundation
import TestSupport
import Testing

@Suite struct RFC3339Tests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01t00:00:00z", 0),
        ("2026-12-24T18:00:00+01:00", 1_798_131_600_000),
        ("2026-12-24T17:00:00Z", 1_798_131_600_000),
        ("2026-12-24T11:30:00-05:30", 1_798_131_600_000),
        ("2026-12-24T17:00:00-00:00", 1_798_131_600_000),
        ("2000-02-29T23:59:59.999Z", 951_868_799_999),
        ("1969-12-31T23:59:59Z", -1_000),
        ("0000-01-01T00:00:00Z", -62_167_219_200_000),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ])
    func `reads an instant with any offset`(text: String, milliseconds: Int64) {
        #expect(RFC3339.epochMilliseconds(text, rounding: .up) == milliseconds)
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00.5Z", 500), ("1970-01-01T00:00:00.25Z", 250), ("1970-01-01T00:00:00.001Z", 1),
        ("1970-01-01T00:00:00.0010000Z", 1), ("1970-01-01T00:00:00.0010001Z", 2), ("1970-01-01T00:00:00.9999Z", 1_000),
        ("1970-01-01T00:00:00.000000000000000000000001Z", 1),
    ])
    func `rounds a fraction up to the next millisecond, so that nothing is early`(text: String, milliseconds: Int64) {
        #expect(RFC3339.epochMilliseconds(text, rounding: .up) == milliseconds)
    }

    @Test(arguments: [
        "", "2026-12-24", "2026-12-24T18:00Z", "2026-12-24T18:00:00", "2026-12-24 18:00:00Z", "2026-12-24T18:00:00.Z",
        "2026-12-24T18:00:00,5Z", "2026-12-24T18:00:00+0100", "2026-12-24T18:00:00+01", "2026-12-24T18:00:00+24:00",
        "2026-12-24T18:00:00+01:60", "2026-12-24T24:00:00Z", "2026-12-24T18:60:00Z", "2016-12-31T23:59:60Z",
        "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z",
        "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "26-12-24T18:00:00Z", "+2026-12-24T18:00:00Z",
        "2026-12-24T18:00:00Zx", " 2026-12-24T18:00:00Z", "٢026-12-24T18:00:00Z",
    ])
    func `refuses other shapes and dates that do not exist`(text: String) {
        #expect(RFC3339.epochMilliseconds(text, rounding: .up) == nil)
    }

    @Test func `rounds an expiry down, so that nothing is taken for valid too long`() {
        #expect(RFC3339.epochSeconds("2015-08-30T12:36:00Z") == 1_440_938_160)
        #expect(RFC3339.epochSeconds("2015-08-30T12:36:00.9999Z") == 1_440_938_160)
        #expect(RFC3339.epochMilliseconds("1970-01-01T00:00:00.0019Z", rounding: .down) == 1)
        #expect(RFC3339.epochSeconds("1969-12-31T23:59:59.5Z") == -1)
    }

    @Test(arguments: [
        (0, "19700101T000000Z"), (951_782_399, "20000228T235959Z"), (951_782_400, "20000229T000000Z"),
        (253_402_300_799, "99991231T235959Z"),
    ])
    func `writes the basic form that signatures carry`(seconds: Int64, text: String) {
        #expect(RFC3339.basic(epochSeconds: seconds) == text)
    }

    @Test func `agrees with Foundation, both ways, over ten thousand years`() throws {
        var random = SeededRandom(seed: 3339)
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        let years1To9999: ClosedRange<Int64> = -62_135_596_800_000...253_402_300_799_999
        for _ in 0..<5_000 {
            let instant = Int64.random(in: years1To9999, using: &random)
            let text = RFC3339.format(epochMilliseconds: instant)
            #expect(RFC3339.epochMilliseconds(text, rounding: .up) == instant, "seed 3339: \(text)")
            // Before 15 October 1582 Foundation's calendar may be the Julian one; RFC 3339 is always Gregorian.
            guard instant > -12_219_292_800_000 else { continue }
            let date = try style.parse(text)
            #expect(Int64((date.timeIntervalSince1970 * 1_000).rounded()) == instant, "seed 3339: \(text)")
        }
    }
}
