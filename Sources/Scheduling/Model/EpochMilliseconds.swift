/// A wall-clock instant in whole milliseconds since 1970-01-01T00:00:00Z.
public struct EpochMilliseconds: RawRepresentable, Hashable, Comparable, Sendable {
    /// The number of milliseconds.
    public var rawValue: Int64

    /// Wraps a number of milliseconds since the epoch.
    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// The last instant a request may name: the end of the year 9999.
    public static let maximum = EpochMilliseconds(rawValue: 253_402_300_799_999)

    /// The earliest instant a request may name, except 0: 2001-09-09. A smaller number is one of seconds: read as
    /// seconds, this one would lie in the year 33658.
    public static let earliestRequested = EpochMilliseconds(rawValue: 1_000_000_000_000)

    /// The epoch itself.
    public static let zero = EpochMilliseconds(rawValue: 0)

    /// Orders instants by time.
    @inlinable
    public static func < (left: Self, right: Self) -> Bool {
        left.rawValue < right.rawValue
    }

    /// The instant `milliseconds` later (earlier, if negative).
    @inlinable
    public func advanced(byMilliseconds milliseconds: Int64) -> Self {
        Self(rawValue: rawValue + milliseconds)
    }
}
