/// The latest request of a key, as far as its owner knows: which of the key's timeline items it leaves behind.
///
/// Log offsets never go back, so the request with the higher offset is the later one (design rule "Latest wins").
/// A retry keeps the offset of its create and moves to a later time, so of two items of one create the later one is
/// the newer.
struct LatestRequest {
    /// Its log offset; −1 while none is known.
    private(set) var offset: Int64 = -1
    /// The create's items due up to this time are done with.
    private var doneThrough = EpochMilliseconds(rawValue: .min)

    /// A request at `offset` is known, perhaps a later one.
    mutating func note(_ offset: Int64) {
        guard offset > self.offset else { return }
        self.offset = offset
        doneThrough = EpochMilliseconds(rawValue: .min)
    }

    /// The item at `position` is done with: delivered, failed, or moved to a later time.
    mutating func isDone(_ position: Position) {
        guard position.offset == offset else { return }
        doneThrough = max(doneThrough, position.time)
    }

    /// Whether an item at `position` is not to be delivered any more.
    func leavesBehind(_ position: Position) -> Bool {
        position.offset < offset || position.offset == offset && position.time <= doneThrough
    }
}
