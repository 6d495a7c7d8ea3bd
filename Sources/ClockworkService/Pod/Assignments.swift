internal import Runtime

/// The life of each partition at one member of the group, from its assignment until it is released or lost.
///
/// A pure value. Each `mutating` method is an event, brings the time where time matters, and returns the actions to
/// carry out, in this order. A late action, or an answer after the partition has moved on, is harmless: an answer names
/// its assignment or its owner, and finds nobody.
///
/// ```
/// assigned ─▶ settling ─▶ owned ─▶ draining ─▶ awaitingCommit ─▶ gone, or settling again
///                         ▲   ▼
///                        doubted
/// ```
/// A loss ends every stage at once.
struct Assignments {
    private enum Phase {
        /// Partitions come and go.
        case running
        /// Owners drain, and none begins. Goes on to `ended` with the last of them.
        case shuttingDown
        case ended
    }

    /// How long a drain and its last commit may take before the partition is released unfinished, in milliseconds.
    static let drainLimit: Int64 = 5_000

    private var stages: [Int32: Stage] = [:]
    private var phase = Phase.running
    private var lastAssignment = 0
    private var lastDoubt = 0
    private var lastOwner: UInt32 = 0

    // MARK: What an observer may ask

    /// The owner that reads a partition; `nil` if there is none, or if it drains or its log is in doubt.
    func activeOwner(of partition: Int32) -> UInt32? {
        guard case .owned(let number) = stages[partition] else { return nil }
        return number
    }

    /// The owner of a partition, at work or draining.
    func owner(of partition: Int32) -> UInt32? { stages[partition]?.owner }

    /// Whether the partition still waits for the answer about this assignment.
    func isSettling(_ partition: Int32, assignment: Int) -> Bool {
        guard case .settling(assignment) = stages[partition] else { return false }
        return true
    }

    /// Whether the partition still waits for an answer about this doubt.
    func isDoubted(_ partition: Int32, doubt: Int) -> Bool {
        guard case .doubted(_, doubt) = stages[partition] else { return false }
        return true
    }

    /// Whether the log of a partition is being identified.
    var isSettling: Bool {
        stages.values.contains { stage in
            switch stage {
            case .settling, .doubted: true
            case .owned, .draining, .awaitingCommit: false
            }
        }
    }

    /// Whether a partition waits only for its last commit, which is to be made at once.
    var awaitsCommit: Bool {
        stages.values.contains { stage in if case .awaitingCommit = stage { true } else { false } }
    }

    /// Whether it begins owners.
    var isRunning: Bool { phase == .running }

    /// Whether it has ended.
    var hasEnded: Bool { phase == .ended }

    /// When `timeReached` has something to do.
    var wakeAt: Uptime? { stages.values.compactMap(\.deadline).min() }

    // MARK: Events of the group

    /// The group has given this member partitions.
    mutating func assigned(_ partitions: [Int32]) -> [Action] {
        // A member that shuts down leaves them to the next rebalance.
        guard phase == .running else { return [] }
        return settle(partitions.filter { stages[$0] == nil })
    }

    /// The logs of these partitions have been identified.
    mutating func settled(_ logs: [Int32: LogSettlement], assignment: Int) -> [Action] {
        var actions: [Action] = []
        var starts: [Int32: Int64] = [:]
        for (partition, log) in logs.sorted(by: { $0.key < $1.key }) {
            guard isSettling(partition, assignment: assignment) else { continue }
            lastOwner += 1
            stages[partition] = .owned(lastOwner)
            starts[partition] = log.start
            actions.append(.begin(lastOwner, partition, log))
        }
        if !starts.isEmpty { actions.append(.assign(starts)) }
        return actions
    }

    /// The group takes partitions back in order.
    mutating func revoked(_ partitions: [Int32], now: Uptime) -> [Action] {
        guard phase != .ended else { return [] }
        var actions: [Action] = []
        var released: [Int32] = []
        for partition in partitions {
            switch stages[partition] {
            case nil, .settling:
                stages[partition] = nil
                released.append(partition)
            case .owned, .doubted, .draining, .awaitingCommit:
                actions += drain(partition, then: .release, now)
            }
        }
        if !released.isEmpty { actions.append(.release(released)) }
        return actions
    }

    /// Partitions were taken away, and may have other owners already.
    mutating func lost(_ partitions: [Int32]) -> [Action] {
        guard phase != .ended else { return [] }
        var actions: [Action] = []
        for partition in partitions {
            if let owner = stages.removeValue(forKey: partition)?.owner { actions.append(.giveUp(owner)) }
        }
        // Unsent records belong to the next owners, and would only be delivered twice.
        if !hasOwner { actions.append(.startAfresh) }
        return actions + endIfDone()
    }

    // MARK: Events of logs

    /// The logs of these partitions may not be the ones being read.
    mutating func logDoubted(_ partitions: [Int32]) -> [Action] {
        var actions: [Action] = []
        var doubted: [Int32] = []
        for partition in partitions {
            switch stages[partition] {
            case nil, .settling, .doubted:
                continue
            case .owned(let owner):
                stages[partition] = .doubted(owner, doubt: lastDoubt + 1)
                doubted.append(partition)
                actions.append(.suspend(owner))
            case .draining(let owner, _, _):
                actions.append(.stopCommitting(owner))
            case .awaitingCommit(let owner, _, let ending):
                actions += [.stopCommitting(owner)] + finish(partition, owner, ending, wasInTime: true)
            }
        }
        guard !doubted.isEmpty else { return actions }
        lastDoubt += 1
        return actions + [.look(doubted, doubt: lastDoubt)]
    }

    /// The logs of these partitions are unchanged; reading continues from these starts.
    mutating func logsConfirmed(_ starts: [Int32: Int64], doubt: Int) -> [Action] {
        var actions: [Action] = []
        var resumed: [Int32: Int64] = [:]
        for (partition, start) in starts.sorted(by: { $0.key < $1.key }) {
            guard case .doubted(let owner, doubt) = stages[partition] else { continue }
            stages[partition] = .owned(owner)
            resumed[partition] = start
            actions.append(.resume(owner, from: start))
        }
        if !resumed.isEmpty { actions.append(.assign(resumed)) }
        return actions
    }

    /// The log that this owner has read is gone, replaced by another.
    ///
    /// - Parameter readUpTo: the lowest end that the same log can have, Kafka's own offset; the largest number if no
    ///   log can be the same.
    mutating func logChanged(_ partition: Int32, owner: UInt32, readUpTo: Int64, now: Uptime) -> [Action] {
        guard stages[partition]?.owner == owner else { return [] }
        let actions = [Action.stopCommitting(owner)]
        if case .awaitingCommit(_, _, let ending) = stages[partition] {
            return actions + finish(partition, owner, ending, wasInTime: true)
        }
        return actions + drain(partition, then: .settleAgain(readUpTo: readUpTo), now)
    }

    // MARK: Events of owners

    /// An owner has finished everything in flight.
    ///
    /// - Parameter awaitsCommit: whether one of its commits is still to be made, or has no answer.
    mutating func drained(_ owner: UInt32, of partition: Int32, awaitsCommit: Bool) -> [Action] {
        guard case .draining(owner, let deadline, let ending) = stages[partition] else { return [] }
        guard awaitsCommit else { return finish(partition, owner, ending, wasInTime: true) }
        stages[partition] = .awaitingCommit(owner, deadline: deadline, then: ending)
        return []
    }

    /// Nothing of a partition remains to be committed: the commit is done, or the group has refused it, as it does in a
    /// rebalance. Waiting longer would hold up that rebalance. The next owner learns from the key records what has been
    /// done.
    mutating func commitsEnded(_ partition: Int32) -> [Action] {
        guard case .awaitingCommit(let owner, _, let ending) = stages[partition] else { return [] }
        return finish(partition, owner, ending, wasInTime: true)
    }

    // MARK: Events of the pod

    /// Time has passed.
    mutating func timeReached(_ now: Uptime) -> [Action] {
        var actions: [Action] = []
        for (partition, stage) in stages.sorted(by: { $0.key < $1.key }) {
            switch stage {
            case .settling, .owned, .doubted: continue
            case .draining(let owner, let deadline, let ending), .awaitingCommit(let owner, let deadline, let ending):
                if now >= deadline { actions += finish(partition, owner, ending, wasInTime: false) }
            }
        }
        return actions
    }

    /// The pod is to end once its owners have drained.
    mutating func shutDown(now: Uptime) -> [Action] {
        guard phase == .running else { return [] }
        phase = .shuttingDown
        var actions: [Action] = []
        for (partition, stage) in stages.sorted(by: { $0.key < $1.key }) {
            if stage.owner == nil {
                stages[partition] = nil
            } else {
                actions += drain(partition, then: .shutDown, now)
            }
        }
        return actions + endIfDone()
    }

    /// The pod ends now.
    mutating func abandoned() -> [Action] {
        guard phase != .ended else { return [] }
        phase = .ended
        let owners = stages.values.compactMap(\.owner).sorted()
        stages = [:]
        return owners.map(Action.giveUp) + [.end]
    }

    // MARK: Steps

    private var hasOwner: Bool { stages.values.contains { $0.owner != nil } }

    private mutating func settle(_ partitions: [Int32], readUpTo: Int64 = 0) -> [Action] {
        guard !partitions.isEmpty else { return [] }
        lastAssignment += 1
        for partition in partitions { stages[partition] = .settling(assignment: lastAssignment) }
        return [.settle(partitions, assignment: lastAssignment, readUpTo: readUpTo)]
    }

    /// Drains the owner of a partition. If it already drains, its ending may change.
    private mutating func drain(_ partition: Int32, then ending: Ending, _ now: Uptime) -> [Action] {
        switch stages[partition] {
        case nil, .settling:
            return []
        case .owned(let owner), .doubted(let owner, _):
            let deadline = now.advanced(byMilliseconds: Self.drainLimit)
            stages[partition] = .draining(owner, deadline: deadline, then: ending)
            return [.drain(owner)]
        case .draining(let owner, let deadline, let before):
            stages[partition] = .draining(owner, deadline: deadline, then: Self.ending(before, ending))
        case .awaitingCommit(let owner, let deadline, let before):
            stages[partition] = .awaitingCommit(owner, deadline: deadline, then: Self.ending(before, ending))
        }
        return []
    }

    /// The ending of a drain with two reasons: the group waits for a release, and a pod that shuts down settles nothing
    /// more.
    private static func ending(_ first: Ending, _ second: Ending) -> Ending {
        if first == .release || second == .release { return .release }
        return first == .shutDown || second == .shutDown ? .shutDown : first
    }

    private mutating func finish(
        _ partition: Int32,
        _ owner: UInt32,
        _ ending: Ending,
        wasInTime: Bool
    ) -> [Action] {
        stages[partition] = nil
        let letGo = Action.letGo(owner, ending, wasInTime: wasInTime)
        switch ending {
        case .release: return [letGo, .release([partition])] + endIfDone()
        case .settleAgain(let readUpTo): return [letGo] + settle([partition], readUpTo: readUpTo)
        case .shutDown: return [letGo] + endIfDone()
        }
    }

    private mutating func endIfDone() -> [Action] {
        guard phase == .shuttingDown, !hasOwner else { return [] }
        phase = .ended
        return [.end]
    }
}
