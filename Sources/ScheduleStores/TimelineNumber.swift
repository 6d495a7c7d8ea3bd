internal import Scheduling

/// A position as one decimal number: milliseconds + offset · 10⁻¹⁹. Numeric order is position order.
///
/// All arithmetic is in whole units of 10⁻¹⁹, so nothing is rounded. An offset has at most 19 digits, and a time up to
/// the year 9999 at most 15. DynamoDB keeps 38.
enum TimelineNumber {
    private static let unitsPerMillisecond: Int128 = 10_000_000_000_000_000_000
    private static let fractionDigits = 19
    /// The most digits of a number that DynamoDB keeps exactly, and a bound of its exponent with room to spare.
    private static let maximumDigits = 200

    /// The number of `position`, without redundant zeros.
    static func text(_ position: Position) -> String {
        text(units: units(position))
    }

    /// The lowest number above `position`. Offsets are whole, so no position lies between the two.
    static func text(after position: Position) -> String {
        text(units: units(position) + 1)
    }

    /// The position of a number, in any form that DynamoDB returns, also with an exponent.
    ///
    /// - Returns: `nil` if the text is not a number, or not the number of a position with an offset of 0 or more.
    static func position(_ text: String) -> Position? {
        guard let units = units(text), units >= 0 else { return nil }
        let (milliseconds, offset) = units.quotientAndRemainder(dividingBy: unitsPerMillisecond)
        guard let milliseconds = Int64(exactly: milliseconds), let offset = Int64(exactly: offset) else { return nil }
        return Position(time: EpochMilliseconds(rawValue: milliseconds), offset: offset)
    }

    private static func units(_ position: Position) -> Int128 {
        Int128(position.time.rawValue) * unitsPerMillisecond + Int128(position.offset)
    }

    private static func text(units: Int128) -> String {
        let (whole, fraction) = units.magnitude.quotientAndRemainder(dividingBy: unitsPerMillisecond.magnitude)
        var text = units < 0 ? "-\(whole)" : "\(whole)"
        guard fraction > 0 else { return text }
        var digits = Array(String(fraction).utf8)
        let leadingZeros = fractionDigits - digits.count
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        text += "."
        text += String(repeating: "0", count: leadingZeros)
        text += String(decoding: digits, as: UTF8.self)
        return text
    }

    private static func units(_ text: String) -> Int128? {
        var rest = text.utf8[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }

        // The digits without the point, and the number of digits after the point.
        var digits: [UInt8] = []
        var scale = 0
        var sawPoint = false
        while let byte = rest.first, byte != UInt8(ascii: "e"), byte != UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if byte == UInt8(ascii: "."), !sawPoint {
                sawPoint = true
            } else if 0x30...0x39 ~= byte, digits.count < maximumDigits {
                digits.append(byte - 0x30)
                if sawPoint { scale += 1 }
            } else {
                return nil
            }
        }
        guard !digits.isEmpty else { return nil }
        if !rest.isEmpty {
            guard let exponent = Int(Substring(rest.dropFirst())),
                (-maximumDigits...maximumDigits).contains(exponent)
            else { return nil }
            scale -= exponent
        }

        while scale > fractionDigits {
            guard digits.popLast() ?? 0 == 0 else { return nil }
            scale -= 1
        }
        var units: Int128 = 0
        for digit in digits + [UInt8](repeating: 0, count: fractionDigits - scale) {
            let (tens, overflow) = units.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int128(digit))
            guard !overflow, !carry else { return nil }
            units = sum
        }
        return isNegative ? -units : units
    }
}
