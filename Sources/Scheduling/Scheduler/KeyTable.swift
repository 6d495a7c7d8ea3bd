/// The keys in memory, in a slab with a free list. The number of a key is valid until the key is removed.
struct KeyTable {
    private var numbers: [ScheduleKey: Int32] = [:]
    /// `nil` where the place is free.
    private var keys: ContiguousArray<ScheduleKey?> = []
    private var states: ContiguousArray<KeyState> = []
    private var free: [Int32] = []

    /// How many keys there are.
    var count: Int { numbers.count }

    subscript(number: Int32) -> KeyState {
        _read { yield states[Int(number)] }
        _modify { yield &states[Int(number)] }
    }

    /// The key of a number in use.
    func key(_ number: Int32) -> ScheduleKey {
        guard let key = keys[Int(number)] else { preconditionFailure("number \(number) is free") }
        return key
    }

    /// The number of `key`, if it is in memory.
    func number(of key: ScheduleKey) -> Int32? { numbers[key] }

    /// The number of `key`, which is added if it is not in memory.
    mutating func findOrAdd(_ key: ScheduleKey) -> (number: Int32, isNew: Bool) {
        if let number = numbers[key] { return (number, false) }
        let number = free.popLast() ?? Int32(keys.count)
        numbers[key] = number
        if Int(number) == keys.count {
            keys.append(key)
            states.append(KeyState())
        } else {
            keys[Int(number)] = key
        }
        return (number, true)
    }

    mutating func remove(_ number: Int32) {
        numbers[key(number)] = nil
        keys[Int(number)] = nil
        states[Int(number)] = KeyState()
        free.append(number)
    }

    /// The numbers in use whose state satisfies `isIncluded`. Linear in the size of the slab.
    func numbers(where isIncluded: (KeyState) -> Bool) -> [Int32] {
        states.indices.filter { keys[$0] != nil && isIncluded(states[$0]) }.map(Int32.init)
    }
}
