internal import Glibc
internal import HTTPTransport
internal import Synchronization

/// The service's time: the host's time, with a correction once the service has refused a signature.
///
/// Amazon Web Services accept a signature whose time is at most five minutes off. If the clock of a host is further
/// off, the answer to the refused request contains the service's time, and the next signature uses that time.
public final class ServiceClock: Sendable {
    /// A request is not refused for a smaller difference, in seconds.
    private static let tolerance: Int64 = 60

    private let system: @Sendable () -> Int64
    private let correction = Mutex<Int64>(0)

    /// A clock without a correction.
    ///
    /// - Parameter system: the host's time in epoch seconds.
    public init(system: @escaping @Sendable () -> Int64) {
        self.system = system
    }

    /// This host's clock without a correction.
    public convenience init() {
        self.init(system: { Int64(time(nil)) })
    }

    /// The service's time in epoch seconds, as far as it is known.
    public var now: Int64 { system() + offset }

    /// The seconds by which the service's clock is known to be ahead of this host's.
    public var offset: Int64 { correction.withLock { $0 } }

    /// Adopts the time of the answer to a refused request, if it is far from the time of the signature.
    ///
    /// - Parameter date: The `Date` header of the answer.
    /// - Returns: Whether the time was adopted. The request may then be accepted if it is signed again.
    func correct(toDate date: String?, signedAt time: Int64) -> Bool {
        guard let answered = date.flatMap(HTTPDate.epochSeconds), abs(answered - time) > Self.tolerance else {
            return false
        }
        let offset = answered - system()
        correction.withLock { $0 = offset }
        return true
    }
}
