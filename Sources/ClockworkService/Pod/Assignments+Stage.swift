extension Assignments {
    /// Where a partition is in its life.
    enum Stage {
        /// Not owned yet: it is being found out which log it has. Goes on to `owned`.
        case settling(assignment: Int)
        /// An owner works. Goes on to `draining`, or to `doubted`.
        case owned(UInt32)
        /// An owner fires, and neither reads nor commits: its log is perhaps another one, and is looked at. Goes back to
        /// `owned`, or on to `draining`.
        case doubted(UInt32, doubt: Int)
        /// The owner finishes what is in flight. Goes on to `awaitingCommit`, or past it; at the deadline as it is.
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
