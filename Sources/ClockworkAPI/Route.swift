internal import Bytes
internal import HTTPTypes
internal import Scheduling

/// A resource of the API. The path alone decides it. The path is split before it is decoded, so a key may contain a
/// slash.
enum Route: Sendable, Equatable {
    case schedules
    case schedule(clientID: String, scheduleKey: String)
    case partitions
    case live
    case ready
    case metrics
    case openAPI

    /// - Parameter target: the target of the request as it was sent, with the query.
    init(target: String) throws(Problem) {
        let path = Self.path(target)
        let parts = path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard path.first == UInt8(ascii: "/") else { throw .noSuchResource }
        switch parts.count {
        case 1 where parts[0].elementsEqual("schedule".utf8): self = .schedules
        case 1 where parts[0].elementsEqual("partitions".utf8): self = .partitions
        case 1 where parts[0].elementsEqual("openapi.json".utf8): self = .openAPI
        case 1 where parts[0].elementsEqual("metrics".utf8): self = .metrics
        case 2 where parts[0].elementsEqual("health".utf8) && parts[1].elementsEqual("live".utf8): self = .live
        case 2 where parts[0].elementsEqual("health".utf8) && parts[1].elementsEqual("ready".utf8): self = .ready
        case 3 where parts[0].elementsEqual("schedule".utf8):
            guard let clientID = PercentEncoding.decode(parts[1]), let key = PercentEncoding.decode(parts[2]) else {
                throw .badPath
            }
            self = .schedule(clientID: clientID, scheduleKey: key)
        default: throw .noSuchResource
        }
    }

    /// The bytes of the path, without the query. A client of a proxy sends scheme and host as well; they are left out.
    private static func path(_ target: String) -> ArraySlice<UInt8> {
        var path = Array(target.utf8)[...]
        for scheme in ["http://", "https://"] where path.starts(with: scheme.utf8) {
            path = path.dropFirst(scheme.utf8.count).drop { $0 != UInt8(ascii: "/") }
        }
        return path.prefix { $0 != UInt8(ascii: "?") }
    }

    /// The allowed methods of the resource.
    var methods: [HTTPRequest.Method] {
        switch self {
        case .schedules: [.post, .delete]
        case .schedule: [.get, .head, .delete]
        case .partitions, .live, .ready, .metrics, .openAPI: [.get, .head]
        }
    }

    /// Whether the resource needs no token and no free slot.
    var isOpen: Bool { self == .live || self == .ready || self == .metrics }

    /// The path with names in place of its variable parts.
    var template: String {
        switch self {
        case .schedules: "/schedule"
        case .schedule: "/schedule/{clientId}/{scheduleKey}"
        case .partitions: "/partitions"
        case .live: "/health/live"
        case .ready: "/health/ready"
        case .metrics: "/metrics"
        case .openAPI: "/openapi.json"
        }
    }
}
