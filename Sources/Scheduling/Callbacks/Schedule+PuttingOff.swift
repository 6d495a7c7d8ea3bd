extension Schedule {
    /// Where the schedule is pending after it was put off to `time`: always later than before.
    func position(putOffTo time: EpochMilliseconds) -> Position {
        Position(time: max(time, position.time.advanced(byMilliseconds: 1)), offset: position.offset)
    }

    /// The earliest position from `time` on to which the schedule can be put off so that it is handed out after what
    /// stands at `other`.
    public func position(putOffTo time: EpochMilliseconds, behind other: Position) -> Position {
        let earliest = position(putOffTo: max(time, other.time))
        return earliest > other ? earliest : position(putOffTo: other.time.advanced(byMilliseconds: 1))
    }
}
