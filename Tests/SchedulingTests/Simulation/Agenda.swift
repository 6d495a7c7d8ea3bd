import HeapModule

/// What is to happen when; of two things at one time the one added first.
struct Agenda {
    private struct Item: Comparable {
        var time: Int64
        var number: Int
        var action: () -> Void

        static func < (left: Item, right: Item) -> Bool { (left.time, left.number) < (right.time, right.number) }
        static func == (left: Item, right: Item) -> Bool { left.number == right.number }
    }

    private var items: Heap<Item> = []
    private var count = 0

    var nextTime: Int64? { items.min?.time }

    mutating func add(_ time: Int64, _ action: @escaping () -> Void) {
        items.insert(Item(time: time, number: count, action: action))
        count += 1
    }

    mutating func takeNext() -> (() -> Void)? { items.popMin()?.action }
}
