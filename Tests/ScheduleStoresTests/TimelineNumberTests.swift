import Scheduling
import TestSupport
import Testing

@testable import ScheduleStores

@Suite struct TimelineNumberTests {
    private static func position(_ time: Int64, _ offset: Int64) -> Position {
        Position(time: EpochMilliseconds(rawValue: time), offset: offset)
    }

    @Test(
        arguments: [
            (1_700_000_000_000, 42, "1700000000000.0000000000000000042"), (0, 0, "0"), (5, 0, "5"),
            (0, 1, "0.0000000000000000001"), (7, 1_000_000, "7.0000000000001"), (0, -1, "-0.0000000000000000001"),
            (253_402_300_799_999, .max, "253402300799999.9223372036854775807"),
            (253_402_300_799_999, 9_000_000_000_000_000_001, "253402300799999.9000000000000000001"),
            (1_700_000_000_000, 9_000_000_000_000_000_000, "1700000000000.9"),
            (.max, .max, "9223372036854775807.9223372036854775807"),
        ] as [(Int64, Int64, String)]
    )
    func `a position is written exactly`(time: Int64, offset: Int64, text: String) {
        #expect(TimelineNumber.text(Self.position(time, offset)) == text)
    }

    @Test(
        arguments: [
            ("1700000000000.0000000000000000042", 1_700_000_000_000, 42), ("1.7E+12", 1_700_000_000_000, 0),
            ("1.7E12", 1_700_000_000_000, 0), ("17e11", 1_700_000_000_000, 0), ("4.2E-18", 0, 42), ("0", 0, 0),
            ("0.00", 0, 0), ("-0", 0, 0), ("5.10", 5, 1_000_000_000_000_000_000), ("1E-19", 0, 1),
            (".5", 0, 5_000_000_000_000_000_000),
            ("0.00000000000000000010000", 0, 1), ("+3.", 3, 0),
        ] as [(String, Int64, Int64)]
    )
    func `every form of a number is read`(text: String, time: Int64, offset: Int64) {
        #expect(TimelineNumber.position(text) == Self.position(time, offset))
    }

    @Test(arguments: [
        "", "-", ".", "e5", "1e", "1e999999999", "1E-20", "-1", "-0.0000000000000000001", "1.2.3", "1,5", "0x10", "NaN",
        "0.99999999999999999999", "0.9999999999999999999", "1e60", "99999999999999999999", "1 ", " 1", "1e+-5",
        "1e201", "1e-9223372036854775808", "1e9223372036854775807", String(repeating: "1", count: 100_000),
    ])
    func `a number that is not a position is refused`(text: String) {
        #expect(TimelineNumber.position(text) == nil)
    }

    @Test func `numeric order is position order, and the text loses nothing`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededRandom(seed: seed)
        var positions: [Position] = []
        for _ in 0..<2000 {
            let time = Int64.random(in: 0...EpochMilliseconds.maximum.rawValue, using: &random)
            let digits = Int.random(in: 0...62, using: &random)
            let offset = Int64.random(in: 0...(Int64.max >> Int64(digits)), using: &random)
            positions.append(Self.position(time >> Int64.random(in: 0...47, using: &random), offset))
            positions.append(Self.position(time, offset))
            positions.append(Self.position(time, offset < .max ? offset + 1 : offset))
        }
        for position in positions {
            #expect(TimelineNumber.position(TimelineNumber.text(position)) == position, "seed \(seed)")
        }
        for (left, right) in zip(positions, positions.dropFirst()) {
            let ordered = Self.isLess(TimelineNumber.text(left), TimelineNumber.text(right))
            #expect(ordered == (left < right), "seed \(seed): \(left) \(right)")
        }
    }

    @Test func `nothing lies between a position and the number after it`() {
        #expect(TimelineNumber.text(after: .beforeAll) == "0")
        #expect(TimelineNumber.text(after: Self.position(3, 9)) == TimelineNumber.text(Self.position(3, 10)))
        #expect(TimelineNumber.text(after: .end(of: EpochMilliseconds(rawValue: 3))) == "3.9223372036854775808")
    }

    /// Compares two decimals without an exponent by their digits alone.
    private static func isLess(_ left: String, _ right: String) -> Bool {
        func padded(_ text: String) -> String {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            let fraction = parts.count > 1 ? String(parts[1]) : ""
            return String(repeating: "0", count: 20 - parts[0].count) + parts[0]
                + fraction + String(repeating: "0", count: 19 - fraction.count)
        }
        return padded(left) < padded(right)
    }
}
