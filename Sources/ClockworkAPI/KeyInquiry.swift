internal import Scheduling

/// Decides whether the store's answer about a key is as new as the question. A pure value.
///
/// A request is in the intake before it is in the store. So the answer is final only if the owners, before the store
/// was read, had read everything that the intake held when the question came. For a key that is pending, the owner of
/// its partition is enough. Otherwise all owners count, because the key's next create may be in any partition.
struct KeyInquiry {
    /// The ends of the partitions whose owners have not been seen past them, as Kafka's own offsets. An unknown end is
    /// the largest number.
    private var ahead: [Int32: Int64]
    /// The partitions seen so far.
    private var partitions: Set<Int32>
    /// Whether the question is about any request for the key. A pending schedule is then final even if other partitions
    /// are behind.
    private let isAboutAnyRequest: Bool
    /// The store's latest answer.
    private(set) var word = KeyLookup.unknown

    /// A question that came right before this view was requested.
    init(asOf view: OwnerView) {
        ahead = view.partitions.mapValues { $0.end ?? .max }
        partitions = Set(view.partitions.keys)
        isAboutAnyRequest = true
        _ = ownersAt(view)
    }

    /// A question about the outcome of the request at this place. `offset` is Kafka's own.
    init(about offset: Int64, in partition: Int32) {
        ahead = [partition: offset + 1]
        partitions = [partition]
        isAboutAnyRequest = false
    }

    /// Takes a view of how far the owners have come.
    ///
    /// - Returns: whether an owner has come past an end, so that the store's next answer may be final.
    mutating func ownersAt(_ view: OwnerView) -> Bool {
        for (partition, state) in view.partitions {
            // A partition is seen, or answers, for the first time. Its end is later than at the question, which is
            // safe.
            if partitions.insert(partition).inserted, isAboutAnyRequest { ahead[partition] = state.end ?? .max }
            if ahead[partition] == .max, let end = state.end { ahead[partition] = end }
        }
        let count = ahead.count
        ahead = ahead.filter { !view.isPast($0.value, in: $0.key) }
        return ahead.count < count
    }

    /// Takes the store's answer, read after the latest view.
    ///
    /// - Returns: whether the answer is final.
    mutating func found(_ lookup: KeyLookup) -> Bool {
        word = lookup
        if isAboutAnyRequest, let record = lookup.record {
            // The key is in a partition that is newer than the view.
            guard partitions.contains(record.partition) else { return false }
            if lookup.isPending { return ahead[record.partition] == nil }
        }
        return ahead.isEmpty
    }
}
