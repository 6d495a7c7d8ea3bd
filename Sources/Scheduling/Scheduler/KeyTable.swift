/// The keys in memory, in a slab with a free list: the number of a key stays good until it is removed.
struct KeyTable {
    private var places = KeyIndex()
    /// `nil` where the place is free.
    private var keys: ContiguousArray<ScheduleKey?> = []
    private var hashes: ContiguousArray<UInt64> = []
    private var states: ContiguousArray<KeyState> = []
    private var free: [Int32] = []

    /// How many keys there are.
    var count: Int { places.count }

    /// The numbers in use with their keys, in no order. Linear in the size of the slab.
    var all: [(key: ScheduleKey, number: Int32)] {
        keys.indices.compactMap { number in keys[number].map { ($0, Int32(number)) } }
    }

    subscript(number: Int32) -> KeyState {
        _read { yield states[Int(number)] }
        _modify { yield &states[Int(number)] }
    }

    /// The key of a number in use.
    func key(_ number: Int32) -> ScheduleKey {
        guard let key = keys[Int(number)] else { preconditionFailure("number \(number) is free") }
        return key
    }

    /// Whether a number is in use.
    func isInUse(_ number: Int32) -> Bool { keys[Int(number)] != nil }

    /// The number of `key`, if it is in memory.
    func number(of key: ScheduleKey) -> Int32? { find(key, KeyIndex.hash(key)) }

    private func find(_ key: ScheduleKey, _ hash: UInt64) -> Int32? {
        places.find(hash) { keys[Int($0)] == key }
    }

    /// The number of `key`, which is added if it is not in memory.
    mutating func findOrAdd(_ key: ScheduleKey) -> (number: Int32, isNew: Bool) {
        let hash = KeyIndex.hash(key)
        if let number = find(key, hash) { return (number, false) }
        let number: Int32
        if let last = free.popLast() {
            number = last
            keys[Int(number)] = key
            hashes[Int(number)] = hash
        } else {
            number = Int32(keys.count)
            keys.append(key)
            hashes.append(hash)
            states.append(KeyState())
        }
        places.add(number, hash: hash) { hashes[Int($0)] }
        return (number, true)
    }

    mutating func remove(_ number: Int32) {
        places.remove(number, hash: hashes[Int(number)]) { hashes[Int($0)] }
        keys[Int(number)] = nil
        states[Int(number)] = KeyState()
        free.append(number)
    }

    /// Every number in use whose state `isIncluded` says yes to. Linear in the size of the slab.
    func numbers(where isIncluded: (KeyState) -> Bool) -> [Int32] {
        var found: [Int32] = []
        for number in states.indices where keys[number] != nil && isIncluded(states[number]) {
            found.append(Int32(number))
        }
        return found
    }
}
