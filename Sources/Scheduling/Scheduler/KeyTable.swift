import TimerWheel

/// What is in memory about one schedule key: a pending schedule, deliveries in flight, or both.
struct KeyEntry {
    /// Whose entry it is; `nil` in an entry that is free.
    var key: ScheduleKey?
    /// The key's hash.
    var hash: UInt64 = 0
    /// Where the pending schedule is.
    enum Place: UInt8 {
        /// There is none: only deliveries or store work keep the entry.
        case nowhere
        /// In the wheel, under `handle`.
        case wheel
        /// Due, and in the holding pen.
        case pen
        /// Due, and behind an ordered callback that has not ended.
        case gate
        /// Beyond the horizon: here only until the store has it.
        case storeOnly
    }

    /// What is known of the store's key record.
    enum Knowledge: UInt8 {
        /// Nothing, and the question waits to be sent.
        case unasked
        /// Nothing, and the question is on its way.
        case asked
        /// Nothing, and the answer takes long: schedules do not wait for it any more.
        case late
        /// All that matters.
        case known
    }

    /// The latest create, if it is still to be handed out.
    var pending: Schedule?
    /// Where it is.
    var place = Place.nowhere
    /// Its handle in the wheel; meaningful in `Place.wheel` only.
    var handle: TimerWheel<Int32>.Handle?
    /// Whether the timeline holds it, or may by now.
    var isInStore = false
    /// Whether it was due when it arrived, so that it may repeat a delivered one.
    var wasDueOnArrival = false
    /// Whether it replaced one with another time before the key record was known: then it repeats nothing.
    var replacedAnotherTime = false
    /// What is known of the key record.
    var knowledge = Knowledge.unasked
    /// Deliveries in flight.
    var handedOut: Int32 = 0
    /// Those of them that the key record does not name yet.
    var unrecorded: Int32 = 0
    /// The schedule time of the latest one handed out, unless it failed.
    var latestHandedOut: EpochMilliseconds?
    /// The offset of the latest one that failed.
    var latestFailed: Int64?
    /// A create that repeats the latest one in flight: dropped if that is delivered, taken as new if it fails.
    var repeating: Schedule?
    /// The offset of the latest request that changed the key.
    var latestRequest: Int64 = -1
    /// The offset of a cancel that waits for the key record.
    var waitingCancel: Int64?
    /// Whether the entry stays until the page on its way is here, which may show what a request has cancelled.
    var isKeptForPage = false
    /// Index of its store work, if there is any.
    var work: Int32?
}

/// What is to be written for one schedule key. At most one change of a key is in flight, so that changes to one item
/// never overtake each other; what comes meanwhile is gathered here and goes out together.
struct KeyWork {
    /// To be sent: the timeline item.
    var put: Schedule?
    /// To be sent: the key record.
    var record: KeyRecord?
    /// To be sent: timeline items to delete.
    var deletes: [Position] = []
    /// Settled once what is to be sent has been stored.
    var offsets = OffsetList()
    /// Settled by whatever becomes of the pending schedule, which is not to be written so far.
    var pendingOffsets = OffsetList()
    /// Whether the entry stands in the queue of those to be sent.
    var isQueued = false
    /// The change in flight.
    var sent: SentChange?

    /// Whether a key record is to be sent. Asked here and not as `table[work:].record != nil`: without optimization
    /// Swift 6.3 compares a large optional after it has ended the access that it came with.
    var hasRecord: Bool { record != nil }

    /// Whether there is something to be sent.
    var hasUnsent: Bool { put != nil || record != nil || !deletes.isEmpty || !offsets.isEmpty }

    /// Takes what is to be sent as one change of its key, which is in flight then.
    mutating func send(_ key: ScheduleKey) -> KeyChange {
        let change = KeyChange(key: key, put: put.take(), record: record.take(), deletes: deletes)
        sent = SentChange(put: change.put?.position, deletes: deletes, offsets: offsets.take())
        deletes = []
        return change
    }

    /// Whether nothing is to be sent, in flight, or waiting for the pending schedule.
    var isDone: Bool { !hasUnsent && sent == nil && pendingOffsets.isEmpty }
}

/// The part of a change in flight that its answer needs.
struct SentChange {
    var put: Position?
    var deletes: [Position]
    var offsets: OffsetList
}

/// A few offsets; one needs no allocation.
struct OffsetList {
    private var first: Int64?
    private var rest: [Int64] = []

    init() {}

    var isEmpty: Bool { first == nil }

    mutating func append(_ offset: Int64) {
        if first == nil { first = offset } else { rest.append(offset) }
    }

    mutating func append(_ other: OffsetList) {
        other.forEach { append($0) }
    }

    func forEach(_ body: (Int64) -> Void) {
        guard let first else { return }
        body(first)
        rest.forEach(body)
    }

    /// Hands over all of them and is empty after.
    mutating func take() -> OffsetList {
        defer { self = OffsetList() }
        return self
    }
}

/// The entries and their store work, in slabs with free lists: an index stays good until it is freed.
struct KeyTable {
    private var places = KeyIndex()
    private var entries: ContiguousArray<KeyEntry> = []
    private var freeEntries: [Int32] = []
    private var works: ContiguousArray<KeyWork> = []
    private var freeWorks: [Int32] = []

    var count: Int { places.count }

    /// The entries in use with their keys, in no order. Linear in the size of the slab.
    var all: [(key: ScheduleKey, index: Int32)] {
        entries.indices.compactMap { index in entries[index].key.map { ($0, Int32(index)) } }
    }

    subscript(index: Int32) -> KeyEntry {
        _read { yield entries[Int(index)] }
        _modify { yield &entries[Int(index)] }
    }

    subscript(work index: Int32) -> KeyWork {
        _read { yield works[Int(index)] }
        _modify { yield &works[Int(index)] }
    }

    /// The key of an entry in use.
    func key(of index: Int32) -> ScheduleKey {
        guard let key = entries[Int(index)].key else { preconditionFailure("entry \(index) is free") }
        return key
    }

    func index(of key: ScheduleKey) -> Int32? { find(key, KeyIndex.hash(key)) }

    private func find(_ key: ScheduleKey, _ hash: UInt64) -> Int32? {
        places.find(hash) { entries[Int($0)].key == key }
    }

    /// The entry of `key`, made if there is none.
    mutating func findOrAdd(_ key: ScheduleKey) -> (index: Int32, isNew: Bool) {
        let hash = KeyIndex.hash(key)
        if let index = find(key, hash) { return (index, false) }
        let index: Int32
        if let free = freeEntries.popLast() {
            index = free
        } else {
            index = Int32(entries.count)
            entries.append(KeyEntry())
        }
        entries[Int(index)].key = key
        entries[Int(index)].hash = hash
        places.add(index, hash: hash) { entries[Int($0)].hash }
        return (index, true)
    }

    /// Frees an entry, which has no work any more.
    mutating func remove(_ index: Int32) {
        places.remove(index, hash: entries[Int(index)].hash) { entries[Int($0)].hash }
        entries[Int(index)] = KeyEntry()
        freeEntries.append(index)
    }

    /// The work of an entry, made if there is none.
    mutating func ensureWork(_ index: Int32) -> Int32 {
        if let work = entries[Int(index)].work { return work }
        let work: Int32
        if let free = freeWorks.popLast() {
            work = free
            works[Int(free)] = KeyWork()
        } else {
            work = Int32(works.count)
            works.append(KeyWork())
        }
        entries[Int(index)].work = work
        return work
    }

    /// Frees the work of an entry.
    mutating func removeWork(_ index: Int32) {
        guard let work = entries[Int(index)].work else { return }
        entries[Int(index)].work = nil
        freeWorks.append(work)
    }

    /// Every index in use that `isIncluded` says yes to. Linear in the size of the slab.
    func indices(where isIncluded: (KeyEntry) -> Bool) -> [Int32] {
        var found: [Int32] = []
        for index in entries.indices where isIncluded(entries[index]) {
            found.append(Int32(index))
        }
        return found
    }
}
