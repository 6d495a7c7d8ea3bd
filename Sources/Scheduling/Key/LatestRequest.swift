/// The latest request of a key, as far as its owner knows. It decides which timeline items of the key are obsolete.
///
/// Log offsets never go back, so the request with the higher offset is the later one (design rule "Latest wins"). A
/// retry keeps the offset of its create and moves to a later time, so the later of two items of one create is the
/// newer.
struct LatestRequest {
    /// Its log offset; −1 while none is known.
    private(set) var offset: Int64 = -1
    /// The items of the create that are due up to this time are done.
    private var doneThrough = EpochMilliseconds(rawValue: .min)

    /// A request at `offset` is known, perhaps a later one.
    mutating func note(_ offset: Int64) {
        guard offset > self.offset else { return }
        self.offset = offset
        doneThrough = EpochMilliseconds(rawValue: .min)
    }

    /// The item at `position` is done: delivered, failed, or moved to a later time.
    mutating func isDone(_ position: Position) {
        guard position.offset == offset else { return }
        doneThrough = max(doneThrough, position.time)
    }

    /// Whether an item at `position` is no longer to be delivered.
    func leavesBehind(_ position: Position) -> Bool {
        position.offset < offset || position.offset == offset && position.time <= doneThrough
    }
}
