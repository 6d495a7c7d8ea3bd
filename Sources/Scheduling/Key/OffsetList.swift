/// A few log offsets. One needs no allocation.
struct OffsetList {
    /// −1 where there is none.
    private var first: Int64 = -1
    private var rest: [Int64] = []

    var isEmpty: Bool { first < 0 }

    mutating func append(_ offset: Int64) {
        if first < 0 { first = offset } else { rest.append(offset) }
    }

    mutating func append(_ other: OffsetList) {
        other.forEach { append($0) }
    }

    func forEach(_ body: (Int64) -> Void) {
        guard first >= 0 else { return }
        body(first)
        for offset in rest { body(offset) }
    }

    /// Hands over all of them, and is empty afterwards.
    mutating func take() -> OffsetList {
        defer { self = OffsetList() }
        return self
    }
}
