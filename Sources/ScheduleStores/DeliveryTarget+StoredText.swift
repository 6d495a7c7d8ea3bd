internal import Scheduling

extension DeliveryTarget {
    /// The target as stores keep it: its kind, a colon, and what the kind needs.
    var storedText: String {
        switch self {
        case .topic(let name): "topic:\(name)"
        case .callback(let target): "callback:\(target.json())"
        }
    }

    /// The target of a stored text; `nil` when it is of no known kind.
    init?(storedText: String) {
        if let name = storedText.suffix(behind: "topic:") {
            self = .topic(name)
        } else if let target = storedText.suffix(behind: "callback:").flatMap({ CallbackTarget(json: $0) }) {
            self = .callback(target)
        } else {
            return nil
        }
    }
}

extension String {
    fileprivate func suffix(behind kind: String) -> String? {
        hasPrefix(kind) ? String(dropFirst(kind.count)) : nil
    }
}
