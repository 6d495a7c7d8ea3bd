/// Where ticks stand in the wheel: pure arithmetic.
///
/// Ticks are taken as numbers with eleven base-64 digits, after the sign bit has been flipped so that unsigned order
/// is tick order. An entry's level is the highest digit in which its tick differs from the wheel's time, its slot the
/// value of that digit. Entries lie ahead of the wheel's time and agree with it in all higher digits, hence:
///
/// - occupied slots of a level never wrap around: the lowest set bit is the earliest slot;
/// - everything in a level is earlier than everything in the levels above it.
@usableFromInline
enum WheelGeometry {
    @usableFromInline static let digitBits = 6
    @usableFromInline static let slotsPerLevel = 64
    @usableFromInline static let levelCount = 11
    @usableFromInline static let slotCount = levelCount * slotsPerLevel

    @inlinable
    static func biased(_ tick: Int64) -> UInt64 {
        UInt64(bitPattern: tick) ^ (1 << 63)
    }

    /// The slot for `tick` in a wheel at `elapsed` (≤ `tick`), counted over all levels.
    @inlinable
    static func slot(of tick: Int64, at elapsed: Int64) -> Int {
        let difference = UInt64(bitPattern: tick ^ elapsed) | UInt64(slotsPerLevel - 1)
        let level = (63 - difference.leadingZeroBitCount) / digitBits
        let digit = Int(truncatingIfNeeded: biased(tick) &>> UInt64(level * digitBits)) & (slotsPerLevel - 1)
        return level * slotsPerLevel + digit
    }

    /// The first tick of `slot`, for an occupied slot of a wheel at `elapsed`.
    @inlinable
    static func start(of slot: Int, at elapsed: Int64) -> Int64 {
        let shift = slot / slotsPerLevel * digitBits
        let digit = UInt64(slot % slotsPerLevel)
        // The top level has no higher digits: its shift is past the width and leaves 0, as it should.
        let higherDigits = (biased(elapsed) >> (shift + digitBits)) << (shift + digitBits)
        return Int64(bitPattern: (higherDigits | digit << shift) ^ (1 << 63))
    }
}
