internal import Logging
internal import Scheduling

/// Findings about logs, and their consequences for partitions.
extension GroupMember {
    /// The partitions among these that still wait for the answer about their assignment.
    func stillSettling(_ partitions: [Int32], _ assignment: Int) -> [Int32] {
        partitions.filter { assignments.isSettling($0, assignment: assignment) }
    }

    /// The logs of these partitions are known.
    func settled(_ logs: [Int32: LogSettlement], _ assignment: Int, now: Moment) {
        act(assignments.settled(logs, assignment: assignment), now)
    }

    /// The logs of these partitions may have been replaced.
    func doubt(_ partitions: [Int32], _ reason: String, _ now: Moment) {
        let actions = assignments.logDoubted(partitions)
        for case .look(let doubted, _) in actions {
            logger.warning(
                "the intake may have been replaced; reading pauses until its log is checked",
                metadata: ["partitions": "\(doubted.sorted())", "reason": "\(reason)"]
            )
        }
        act(actions, now)
    }

    /// The partitions among these that still wait for an answer about this doubt.
    func stillDoubted(_ partitions: [Int32], _ doubt: Int) -> [Int32] {
        partitions.filter { assignments.isDoubted($0, doubt: doubt) }
    }

    /// Logs have been checked, because of a doubt or without one.
    func looked(_ findings: LogLooker.Findings, doubt: Int?, now: Moment) {
        var starts: [Int32: Int64] = [:]
        for (look, finding) in findings {
            switch finding {
            case .same(let start):
                owners[look.owner]?.note.confirmed(look.latest)
                starts[look.partition] = start
            case .other:
                // The settlement asks again: the brokers may be wrong for a moment.
                logChanged(look.partition, look.owner, readUpTo: look.next, "what was read is not there", now)
            }
        }
        guard let doubt else { return logs.roundEnded() }
        let actions = assignments.logsConfirmed(starts, doubt: doubt)
        for case .assign(let starts) in actions {
            logger.warning(
                "the intake has not been replaced; reading resumes",
                metadata: ["partitions": "\(starts.keys.sorted())"]
            )
        }
        act(actions, now)
    }

    /// The log that an owner has read is gone, replaced by another.
    func logChanged(_ partition: Int32, _ owner: UInt32, readUpTo: Int64, _ reason: String, _ now: Moment) {
        let actions = assignments.logChanged(partition, owner: owner, readUpTo: readUpTo, now: now.uptime)
        guard !actions.isEmpty else { return }
        logger.info(
            "the intake partition has another log; it is settled again",
            metadata: ["partition": "\(partition)", "reason": "\(reason)"]
        )
        act(actions, now)
    }
}
