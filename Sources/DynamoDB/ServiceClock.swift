internal import Glibc
internal import HTTPTransport
internal import Synchronization

/// The service's time: this host's, corrected by what the service says where it refuses a signature.
///
/// Amazon Web Services take a signature whose time is at most five minutes off. A host whose clock is further off than
/// that still has its requests accepted, with the time that the answer to a refused one carries.
public final class ServiceClock: Sendable {
    /// A smaller difference is not what a request is refused for.
    private static let tolerance: Int64 = 60

    private let system: @Sendable () -> Int64
    private let correction = Mutex<Int64>(0)

    /// A clock without a correction.
    ///
    /// - Parameter system: a host's time in epoch seconds.
    public init(system: @escaping @Sendable () -> Int64) {
        self.system = system
    }

    /// This host's clock without a correction.
    public convenience init() {
        self.init(system: { Int64(time(nil)) })
    }

    /// The service's time in epoch seconds, as far as it is known.
    public var now: Int64 { system() + offset }

    /// By how many seconds the service's clock is known to be ahead of this host's.
    public var offset: Int64 { correction.withLock { $0 } }

    /// Takes over the time of a refused request's answer, if it is far from the one the request was signed with.
    ///
    /// - Parameter date: The `Date` header of the answer.
    /// - Returns: Whether it was, so that the request may be accepted if it is signed again.
    func correct(toDate date: String?, signedAt time: Int64) -> Bool {
        guard let answered = date.flatMap(HTTPDate.epochSeconds), abs(answered - time) > Self.tolerance else {
            return false
        }
        let offset = answered - system()
        correction.withLock { $0 = offset }
        return true
    }
}
