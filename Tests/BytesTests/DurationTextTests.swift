import Bytes
import Testing

@Suite struct DurationTextTests {
    @Test(arguments: [
        ("250ms", 250), ("10s", 10_000), ("5m", 300_000), ("12h", 43_200_000), ("7d", 604_800_000), ("0s", 0),
        ("007s", 7_000), ("9223372036854775807ms", Int64.max),
    ])
    func `reads a whole number and one unit`(text: String, milliseconds: Int64) {
        #expect(DurationText.parse(text) == .milliseconds(milliseconds))
    }

    @Test(arguments: [
        "", "5", "ms", "-5s", "+5s", "5 s", " 5s", "5s ", "1.5h", "1h30m", "5S", "5us", "5w", "٥s", "5s\n", "5\u{301}s",
        "9223372036854775808ms", "9223372036854776s", "106751991168d", "99999999999999999999999d",
    ])
    func `refuses every other shape, and what does not fit`(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(arguments: ["250ms", "10s", "5m", "12h", "7d", "90s", "36h", "1500ms", "0ms"])
    func `writes what it reads, in the largest unit that fits`(text: String) throws {
        #expect(DurationText.format(try #require(DurationText.parse(text))) == text)
    }

    @Test func `whole milliseconds are cut towards zero and clamped`() {
        #expect(Duration.microseconds(1_999).wholeMilliseconds == 1)
        #expect(Duration.microseconds(-1_999).wholeMilliseconds == -1)
        #expect(Duration.seconds(Int64.max).wholeMilliseconds == .max)
        #expect(Duration.seconds(Int64.min).wholeMilliseconds == .min)
    }
}
