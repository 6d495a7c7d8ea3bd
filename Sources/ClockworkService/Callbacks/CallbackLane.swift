/// The two lanes of callbacks. Calls to failing endpoints never take the places of calls to working ones.
enum CallbackLane: CaseIterable {
    /// To endpoints whose last attempt was answered.
    case proven
    /// To all others.
    case unproven
}

/// A value for each standing of an endpoint.
struct ByStanding<Value> {
    private var proven: Value
    private var untried: Value
    private var failing: Value

    /// The same value for each.
    init(_ value: Value) {
        proven = value
        untried = value
        failing = value
    }

    subscript(_ standing: CallbackEndpoint.Standing) -> Value {
        get {
            switch standing {
            case .proven: proven
            case .untried: untried
            case .failing: failing
            }
        }
        _modify {
            switch standing {
            case .proven: yield &proven
            case .untried: yield &untried
            case .failing: yield &failing
            }
        }
    }
}

extension ByStanding<Int> {
    /// Endpoints not known to work.
    var unproven: Int { untried + failing }

    /// Of all.
    var total: Int { proven + unproven }
}
