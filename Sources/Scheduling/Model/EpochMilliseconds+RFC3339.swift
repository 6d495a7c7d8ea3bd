internal import Bytes

extension EpochMilliseconds {
    /// The instant of a text such as `2026-12-24T18:00:00+01:00`; `nil` where it is none.
    ///
    /// What is finer than a millisecond is rounded up, since a schedule must never be early.
    package init?(rfc3339 text: String) {
        guard let milliseconds = RFC3339.epochMilliseconds(text, rounding: .up) else { return nil }
        self.init(rawValue: milliseconds)
    }

    /// The instant in UTC: `2026-12-24T17:00:00.250Z`. Outside of the years 0000 to 9999 the year has another number of
    /// digits.
    package var rfc3339: String { RFC3339.format(epochMilliseconds: rawValue) }
}
