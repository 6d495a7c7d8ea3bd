extension Schedule {
    /// The position of the schedule after it was put off to `time`: always later than before.
    func position(putOffTo time: EpochMilliseconds) -> Position {
        Position(time: max(time, position.time.advanced(byMilliseconds: 1)), offset: position.offset)
    }

    /// The earliest position from `time` on that makes the schedule go out after the item at `other`.
    public func position(putOffTo time: EpochMilliseconds, behind other: Position) -> Position {
        let earliest = position(putOffTo: max(time, other.time))
        return earliest > other ? earliest : position(putOffTo: other.time.advanced(byMilliseconds: 1))
    }

    /// The pending schedule after it was put off to `time`, after the item at `other` of the same create.
    ///
    /// - Parameter failure: why the attempt failed; `nil` if none was made: then the number of the attempt stays.
    func putOff(to time: EpochMilliseconds, behind other: Position, failure: String?) -> Schedule {
        again(
            at: position(putOffTo: time, behind: other).time,
            retry: Retry(
                scheduleTime: scheduleTime,
                attempt: failure == nil ? attempt : attempt + 1,
                failure: failure ?? retry?.failure ?? ""
            )
        )
    }
}
