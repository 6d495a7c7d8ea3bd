import Runtime
import TestSupport
import Testing

@testable import ClockworkService

/// A group and a pod that throw seeded random events at `Assignments`, and keep account of what it asks for.
private struct RandomGroup {
    private var random: SeededRandom
    private var assignments = Assignments()
    private var now = Uptime(milliseconds: 0)

    /// What the group thinks this member has.
    private var members: Set<Int32> = []
    /// Revocations that are unanswered.
    private var unreleased: Set<Int32> = []
    /// Questions without an answer, and late copies of answers.
    private var questions: [(partitions: [Int32], assignment: Int)] = []
    /// Looks without an answer, and late copies of answers.
    private var looks: [(partitions: [Int32], doubt: Int)] = []
    /// Owners that neither read nor commit just now.
    private var suspended: Set<UInt32> = []
    /// Owners that have begun and not ended.
    private var owners: [UInt32: Int32] = [:]
    private var begun: Set<UInt32> = []
    private var draining: Set<UInt32> = []
    private var silenced: Set<UInt32> = []
    private var isShutDown = false
    private var hasEnded = false

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
    }

    mutating func run() throws {
        for _ in 0..<400 { try step() }
        try perform(assignments.shutDown(now: now))
        isShutDown = true
        for _ in 0..<20 { try step() }
        // Whatever is unanswered: the deadlines end it.
        now = now.advanced(byMilliseconds: 2 * Assignments.drainLimit)
        try perform(assignments.timeReached(now))
        #expect(owners.isEmpty, "an owner never ended")
        #expect(hasEnded && assignments.hasEnded)
        #expect(assignments.wakeAt == nil)
    }

    private mutating func some(_ partitions: some Collection<Int32>) -> [Int32] {
        partitions.sorted().filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
    }

    private mutating func step() throws {
        now = now.advanced(byMilliseconds: Int64.random(in: 0..<400, using: &random))
        switch Int.random(in: 0..<15, using: &random) {
        case 0, 1:
            guard unreleased.isEmpty else { return }
            let partitions = some(Set<Int32>(0..<6).subtracting(members))
            members.formUnion(partitions)
            try perform(assignments.assigned(partitions))
        case 2, 3:
            guard unreleased.isEmpty else { return }
            let partitions = some(members)
            unreleased = Set(partitions)
            try perform(assignments.revoked(partitions, now: now))
        case 4:
            // Only now and then, or nothing else would come to an end.
            guard Int.random(in: 0..<5, using: &random) == 0 else { return }
            // A revocation is lost as a whole.
            let partitions = unreleased.union(some(members)).sorted()
            members.subtract(partitions)
            unreleased = []
            try perform(assignments.lost(partitions))
        case 5, 6, 7:
            guard let question = questions.randomElement(using: &random) else { return }
            let answered = some(question.partitions)
            let log = LogSettlement(progress: nil, group: nil, log: LogSettlement.Log(low: 0, high: 9))
            let logs = Dictionary(uniqueKeysWithValues: answered.map { ($0, log) })
            try perform(assignments.settled(logs, assignment: question.assignment))
        case 8:
            try perform(assignments.logDoubted(some(Set<Int32>(0..<6))))
        case 13:
            guard let look = looks.randomElement(using: &random) else { return }
            let starts = Dictionary(uniqueKeysWithValues: some(look.partitions).map { ($0, Int64(3)) })
            try perform(assignments.logsConfirmed(starts, doubt: look.doubt))
        case 14:
            // Of an owner that may be gone.
            guard let owner = begun.sorted().suffix(8).randomElement(using: &random) else { return }
            let partition = owners[owner] ?? Int32.random(in: 0..<6, using: &random)
            try perform(assignments.logChanged(partition, owner: owner, readUpTo: 7, now: now))
        case 9, 10:
            guard let owner = draining.sorted().randomElement(using: &random), let partition = owners[owner] else {
                return
            }
            let awaitsCommit = !silenced.contains(owner) && Bool.random(using: &random)
            try perform(assignments.drained(owner, of: partition, awaitsCommit: awaitsCommit))
        case 11:
            try perform(assignments.commitsEnded(Int32.random(in: 0..<6, using: &random)))
        default:
            try perform(assignments.timeReached(now))
        }
        for (owner, partition) in owners { #expect(assignments.owner(of: partition) == owner) }
    }

    private mutating func perform(_ actions: [Assignments.Action]) throws {
        for action in actions {
            try #require(!hasEnded, "something is to be done after the end")
            switch action {
            case .settle(let partitions, let assignment, _):
                #expect(!isShutDown)
                questions.append((partitions, assignment))
            case .begin(let number, let partition, _):
                #expect(!isShutDown, "an owner begins after the shutdown")
                try #require(begun.insert(number).inserted, "a number twice")
                try #require(!owners.values.contains(partition), "two owners for one partition")
                #expect(members.contains(partition))
                owners[number] = partition
            case .assign(let starts):
                #expect(starts.keys.allSatisfy { owners.values.contains($0) })
                #expect(starts.keys.allSatisfy { assignments.activeOwner(of: $0) != nil }, "read without a reader")
            case .suspend(let number):
                try #require(owners[number] != nil && !draining.contains(number))
                #expect(suspended.insert(number).inserted, "suspended twice")
            case .look(let partitions, let doubt):
                #expect(!isShutDown)
                looks.append((partitions, doubt))
            case .resume(let number, _):
                try #require(owners[number] != nil && !draining.contains(number))
                #expect(suspended.remove(number) != nil && !silenced.contains(number), "resumed without a doubt")
            case .drain(let number):
                try #require(owners[number] != nil)
                #expect(draining.insert(number).inserted, "drained twice")
            case .stopCommitting(let number):
                silenced.insert(number)
            case .letGo(let number, _, _):
                #expect(draining.contains(number))
                try #require(owners.removeValue(forKey: number) != nil, "an owner ends twice")
                draining.remove(number)
            case .giveUp(let number):
                try #require(owners.removeValue(forKey: number) != nil, "an owner ends twice")
                draining.remove(number)
            case .release(let partitions):
                for partition in partitions {
                    try #require(unreleased.remove(partition) != nil, "released twice, or never revoked")
                    #expect(!owners.values.contains(partition), "released with its owner")
                    members.remove(partition)
                }
            case .startAfresh:
                #expect(owners.isEmpty)
            case .end:
                #expect(owners.isEmpty)
                hasEnded = true
            }
        }
    }
}

@Suite struct AssignmentsModelTests {
    @Test(arguments: 1...300 as ClosedRange<UInt64>)
    func `partitions have one owner at most, owners end, and what is revoked is released once`(seed: UInt64) throws {
        var group = RandomGroup(seed: seed)
        try group.run()
    }
}
