internal import Runtime

extension Assignments {
    /// The stage of a partition's life.
    enum Stage {
        /// Not owned yet: its log is being identified. Goes on to `owned`.
        case settling(assignment: Int)
        /// An owner works. Goes on to `draining`, or to `doubted`.
        case owned(UInt32)
        /// An owner fires, and neither reads nor commits: its log may be another one, and is being checked. Goes back
        /// to `owned`, or on to `draining`.
        case doubted(UInt32, doubt: Int)
        /// The owner finishes everything in flight. Goes on to `awaitingCommit`, or skips it; at the deadline it is
        /// left unfinished.
        case draining(UInt32, deadline: Uptime, then: Ending)
        /// The owner has finished, and its last commit has no answer yet. Ends with the answer, or at the deadline.
        case awaitingCommit(UInt32, deadline: Uptime, then: Ending)

        var owner: UInt32? {
            switch self {
            case .settling: nil
            case .owned(let number), .doubted(let number, _), .draining(let number, _, _),
                .awaitingCommit(let number, _, _):
                number
            }
        }

        var deadline: Uptime? {
            switch self {
            case .settling, .owned, .doubted: nil
            case .draining(_, let deadline, _), .awaitingCommit(_, let deadline, _): deadline
            }
        }
    }
}
