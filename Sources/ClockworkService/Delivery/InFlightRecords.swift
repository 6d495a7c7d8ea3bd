/// The records in a producer, by the token in their reports.
///
/// A slab: adding and removing are O(1), and allocate nothing once it has grown to the number in flight. The record
/// itself is kept, not only its owner's number and token, since it must be produced again after a failure that is not
/// its own, and after a fatal error of the producer. So the token holds the slab's index, and in the upper 32 bits the
/// number of the producer: a late report of a producer that was given up names no record.
struct InFlightRecords {
    private var records: ContiguousArray<OutgoingRecord?> = []
    private var free: [Int32] = []
    private var producer: UInt32 = 0

    /// How many there are.
    var count: Int { records.count - free.count }

    /// The record with a token that is in use.
    subscript(token: UInt64) -> OutgoingRecord {
        guard let record = records[Int(UInt32(truncatingIfNeeded: token))] else {
            preconditionFailure("no record has the token \(token)")
        }
        return record
    }

    /// Adds a record and returns its token.
    mutating func insert(_ record: consuming OutgoingRecord) -> UInt64 {
        guard let index = free.popLast() else {
            records.append(record)
            return token(records.count - 1)
        }
        records[Int(index)] = record
        return token(Int(index))
    }

    /// Removes a record; `nil` if the token is not one of this producer's, or has been removed.
    mutating func remove(_ token: UInt64) -> OutgoingRecord? {
        let index = Int(UInt32(truncatingIfNeeded: token))
        guard UInt32(truncatingIfNeeded: token >> 32) == producer, records.indices.contains(index) else { return nil }
        guard let record = records[index].take() else { return nil }
        free.append(Int32(index))
        return record
    }

    /// Removes all records, unordered, and starts the tokens of another producer.
    mutating func removeAll() -> [OutgoingRecord] {
        defer {
            records = []
            free = []
            producer &+= 1
        }
        return records.compactMap { $0 }
    }

    private func token(_ index: Int) -> UInt64 {
        UInt64(producer) << 32 | UInt64(index)
    }
}
