internal import Scheduling

extension DeliveryTarget {
    /// The target as stores keep it: its kind, a colon, and what the kind needs.
    var storedText: String {
        switch self {
        case .topic(let name): "topic:\(name)"
        }
    }

    /// The target of a stored text; `nil` when it is of no known kind.
    init?(storedText: String) {
        let kind = "topic:"
        guard storedText.hasPrefix(kind) else { return nil }
        self = .topic(String(storedText.dropFirst(kind.count)))
    }
}
