internal import Scheduling

extension DeliveryTarget {
    /// The target as stores keep it: its kind, a colon, and the kind's own text.
    var storedText: String {
        switch self {
        case .topic(let name): "topic:\(name)"
        case .callback(let target): "callback:\(target.json())"
        }
    }

    /// Reads a stored text; `nil` if its kind is not known.
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
