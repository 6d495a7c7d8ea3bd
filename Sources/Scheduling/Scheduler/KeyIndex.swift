/// Finds the entry of a key: a hash table of entry numbers alone, open-addressed with linear probing.
///
/// The keys, and their hashes, are where the entries are; so a key is hashed once in its life, and freeing an entry
/// touches no key at all. Deletion moves later entries of a run back (Knuth, TAOCP 3, 6.4, algorithm R) and leaves no
/// marks behind. At most half of the slots are in use.
struct KeyIndex {
    /// A slot's content: the number of an entry and some of its hash, to pass over others without looking at their keys.
    private struct Slot {
        /// -1 for an empty slot.
        var entry: Int32
        var tag: UInt32

        static let empty = Slot(entry: -1, tag: 0)
    }

    private var slots = ContiguousArray(repeating: Slot.empty, count: 16)
    /// How many entries it knows.
    private(set) var count = 0

    private var mask: Int { slots.count - 1 }

    /// The hash to keep for `key`: seeded anew in each process, since keys come from outside.
    static func hash(_ key: ScheduleKey) -> UInt64 {
        UInt64(truncatingIfNeeded: key.hashValue)
    }

    private static func tag(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash >> 32) }

    /// The entry with this hash that `isIt` says yes to.
    func find(_ hash: UInt64, _ isIt: (Int32) -> Bool) -> Int32? {
        let tag = Self.tag(hash)
        var place = Int(truncatingIfNeeded: hash) & mask
        while slots[place].entry >= 0 {
            if slots[place].tag == tag, isIt(slots[place].entry) { return slots[place].entry }
            place = (place + 1) & mask
        }
        return nil
    }

    /// Adds an entry that it does not know. `hashOf` tells the hash of any entry it knows.
    mutating func add(_ entry: Int32, hash: UInt64, hashOf: (Int32) -> UInt64) {
        if 2 * (count + 1) > slots.count { resize(to: 2 * slots.count, hashOf) }
        count += 1
        put(entry, hash)
    }

    /// Forgets an entry that it knows.
    mutating func remove(_ entry: Int32, hash: UInt64, hashOf: (Int32) -> UInt64) {
        var hole = Int(truncatingIfNeeded: hash) & mask
        while slots[hole].entry != entry {
            precondition(slots[hole].entry >= 0, "entry \(entry) is not in the index")
            hole = (hole + 1) & mask
        }
        var next = (hole + 1) & mask
        while slots[next].entry >= 0 {
            // Whether its own place lies behind the hole: then it is found from there as it is.
            let home = Int(truncatingIfNeeded: hashOf(slots[next].entry)) & mask
            if (next - home) & mask >= (next - hole) & mask {
                slots[hole] = slots[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        slots[hole] = .empty
        count -= 1
    }

    private mutating func put(_ entry: Int32, _ hash: UInt64) {
        var place = Int(truncatingIfNeeded: hash) & mask
        while slots[place].entry >= 0 { place = (place + 1) & mask }
        slots[place] = Slot(entry: entry, tag: Self.tag(hash))
    }

    private mutating func resize(to size: Int, _ hashOf: (Int32) -> UInt64) {
        let old = slots
        slots = ContiguousArray(repeating: .empty, count: size)
        for slot in old where slot.entry >= 0 { put(slot.entry, hashOf(slot.entry)) }
    }
}
