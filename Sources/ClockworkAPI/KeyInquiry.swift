internal import Scheduling

/// When the store's word about a key is as new as the question that it answers. A pure value.
///
/// Requests are in the intake before they are in the store. A word is final where the owners had, before the store was
/// read, come past all that the intake held when the question came: of the key's own partition while it is pending
/// there, and of all partitions otherwise, for its next create may be in any of them.
struct KeyInquiry {
    /// The ends of the partitions whose owners have not been seen past them; Kafka's own offsets, the largest number where
    /// the end is not known.
    private var ahead: [Int32: Int64]
    /// The partitions that have been seen.
    private var partitions: Set<Int32>
    /// Whether a pending schedule is final though other partitions are behind.
    private let isAboutAnyRequest: Bool
    /// The store's latest word.
    private(set) var word = KeyLookup.unknown

    /// A question that came right before this view was asked for.
    init(asOf view: OwnerView) {
        ahead = view.partitions.mapValues { $0.end ?? .max }
        partitions = Set(view.partitions.keys)
        isAboutAnyRequest = true
        _ = ownersAt(view)
    }

    /// The question what has become of the request at this place, Kafka's own offset.
    init(about offset: Int64, in partition: Int32) {
        ahead = [partition: offset + 1]
        partitions = [partition]
        isAboutAnyRequest = false
    }

    /// The owners have come as far as this view says.
    ///
    /// - Returns: whether one has come past an end, so that the store's next word may be final.
    mutating func ownersAt(_ view: OwnerView) -> Bool {
        for (partition, state) in view.partitions {
            // One that is seen, or answers, for the first time: a later end than that of the question is safe.
            if partitions.insert(partition).inserted, isAboutAnyRequest { ahead[partition] = state.end ?? .max }
            if ahead[partition] == .max, let end = state.end { ahead[partition] = end }
        }
        let count = ahead.count
        ahead = ahead.filter { !view.isPast($0.value, in: $0.key) }
        return ahead.count < count
    }

    /// The store has said this, read after the latest view.
    ///
    /// - Returns: whether that is final.
    mutating func found(_ lookup: KeyLookup) -> Bool {
        word = lookup
        if isAboutAnyRequest, let record = lookup.record {
            // It is in a partition that is newer than the view.
            guard partitions.contains(record.partition) else { return false }
            if lookup.isPending { return ahead[record.partition] == nil }
        }
        return ahead.isEmpty
    }
}
