import Kafka
import Scheduling
import Testing

@testable import ClockworkService

@Suite struct LogSettlementTests {
    private static let mark = LogMark(offset: 49, timestamp: 1_000, hash: 7)
    private static let other = LogMark(offset: 49, timestamp: 1_000, hash: 8)

    private static func progress(committed: Int64?, mark: LogMark?, generation: Int64 = 0) -> PartitionProgress {
        PartitionProgress(
            partition: 3,
            owner: "pod",
            epoch: 1,
            executedUpTo: nil,
            pendingResident: 0,
            committedOffset: committed,
            generation: generation,
            mark: mark,
            updatedAt: .zero
        )
    }

    private static func settled(
        _ progress: PartitionProgress?,
        group: Int64? = nil,
        metadata: String = "",
        low: Int64 = 0,
        high: Int64,
        atMark: LogMark? = nil
    ) -> LogSettlement {
        LogSettlement(
            progress: progress,
            group: group.map { GroupOffset(offset: $0, metadata: metadata) },
            log: LogSettlement.Log(low: low, high: high, recordAtMark: atMark)
        )
    }

    @Test func `without a progress record reading starts at the group's offset, else at the beginning`() {
        let first = Self.settled(nil, low: 5, high: 80)
        #expect(first.start == 5 && first.generation == 0 && !first.isNew && first.committed == nil)
        let next = Self.settled(nil, group: 60, low: 5, high: 80)
        #expect(next.start == 60 && next.committed == 60 && !next.isNew && next.end == 80)
        #expect(Self.settled(nil, high: 0).start == 0)
    }

    @Test func `without a progress record a group's offset that the log has lost means its beginning`() {
        let settlement = Self.settled(nil, group: 3, low: 5, high: 80)
        #expect(settlement.start == 5 && !settlement.isNew)
    }

    @Test func `without a progress record a group's offset beyond the end means a new log`() {
        let settlement = Self.settled(nil, group: 81, low: 5, high: 80)
        #expect(settlement.isNew && settlement.generation == 1 && settlement.start == 5 && settlement.committed == nil)
    }

    @Test func `without a progress record the generation of the commit counts`() {
        let settlement = Self.settled(nil, group: 60, metadata: "clockwork/2", high: 80)
        #expect(settlement.generation == 2 && settlement.start == 60 && !settlement.isNew)
    }

    @Test func `a progress record that names no offset keeps its generation`() {
        let record = Self.progress(committed: nil, mark: nil, generation: 4)
        let fresh = Self.settled(record, low: 2, high: 80)
        #expect(fresh.generation == 4 && fresh.start == 2 && !fresh.isNew)
        #expect(Self.settled(record, group: 60, metadata: "clockwork/4", high: 80).start == 60)
        // Committed for an earlier log.
        #expect(Self.settled(record, group: 60, metadata: "clockwork/3", high: 80).start == 0)
        #expect(Self.settled(record, group: 60, high: 80).start == 0)
    }

    @Test(
        arguments: [
            // The group's offset is used between the recorded one and the end.
            (group: 40, start: 40), (group: 45, start: 45), (group: 80, start: 80),
            // Behind the record, beyond the end, or lost.
            (group: 39, start: 40), (group: 81, start: 40), (group: nil, start: 40),
        ] as [(group: Int64?, start: Int64)]
    )
    func `in the same log reading starts where the further of group and record says`(
        group: Int64?,
        start: Int64
    ) {
        let record = Self.progress(committed: 40, mark: Self.mark)
        let settlement = Self.settled(record, group: group, high: 80, atMark: Self.mark)
        #expect(!settlement.isNew && settlement.generation == 0)
        #expect(settlement.start == start && settlement.committed == start && settlement.mark == Self.mark)
    }

    @Test func `a log that ends right behind the mark is the same one`() {
        let record = Self.progress(committed: 40, mark: Self.mark)
        let settlement = Self.settled(record, group: 50, high: 50, atMark: Self.mark)
        #expect(!settlement.isNew && settlement.start == 50)
    }

    @Test func `in a log that was read and never committed reading starts at the group's offset or the beginning`() {
        let record = Self.progress(committed: nil, mark: Self.mark)
        #expect(Self.settled(record, group: 30, high: 80, atMark: Self.mark).start == 30)
        #expect(Self.settled(record, low: 10, high: 80, atMark: Self.mark).start == 10)
        #expect(Self.settled(record, group: 81, low: 10, high: 80, atMark: Self.mark).start == 10)
        // Behind what the log still has.
        #expect(Self.settled(record, group: 5, low: 10, high: 80, atMark: Self.mark).start == 10)
    }

    @Test(
        arguments: [
            (group: 70, start: 70), (group: 60, start: 60), (group: nil, start: 60), (group: 20, start: 60),
            (group: 90, start: 60),
        ] as [(group: Int64?, start: Int64)]
    )
    func `a mark that has left the log by retention is of the same log`(group: Int64?, start: Int64) {
        let record = Self.progress(committed: 40, mark: Self.mark)
        let settlement = Self.settled(record, group: group, low: 60, high: 80)
        #expect(!settlement.isNew && settlement.start == start)
    }

    @Test func `an empty log whose records have all left by retention is the same one`() {
        let record = Self.progress(committed: 50, mark: Self.mark)
        let settlement = Self.settled(record, group: 50, low: 50, high: 50)
        #expect(!settlement.isNew && settlement.start == 50)
    }

    @Test(
        arguments: [
            // It ends at the mark, below it, or is empty.
            (low: 0, high: 49, found: nil), (low: 0, high: 30, found: nil), (low: 0, high: 0, found: nil),
            // Another record, or none, is where the mark was.
            (low: 0, high: 80, found: other), (low: 0, high: 80, found: nil), (low: 49, high: 50, found: nil),
        ] as [(low: Int64, high: Int64, found: LogMark?)]
    )
    func `a log without the marked record is a new one`(low: Int64, high: Int64, found: LogMark?) {
        let record = Self.progress(committed: 40, mark: Self.mark, generation: 2)
        let settlement = Self.settled(
            record,
            group: 40,
            metadata: "clockwork/2",
            low: low,
            high: high,
            atMark: found
        )
        #expect(settlement.isNew && settlement.generation == 3)
        #expect(settlement.start == low && settlement.end == high)
        #expect(settlement.committed == nil && settlement.mark == .nothing)
    }

    @Test func `a log that ends below the recorded offset is a new one`() {
        let record = Self.progress(committed: 60, mark: Self.mark)
        #expect(Self.settled(record, group: 60, high: 59, atMark: Self.mark).isNew)
        #expect(!Self.settled(record, group: 60, high: 60, atMark: Self.mark).isNew)
    }

    // MARK: Logs of which nothing could be read

    @Test func `a log that is read from its beginning has nothing to be known by, and says so`() {
        #expect(Self.settled(nil, low: 5, high: 80).mark == .nothing)
        #expect(Self.settled(nil, high: 0).mark == .nothing)
        // Of what was read before nothing is known.
        #expect(Self.settled(nil, group: 60, high: 80).mark == nil)
        #expect(Self.settled(Self.progress(committed: 40, mark: nil), high: 80).mark == nil)
        // All that was read has left the log.
        #expect(Self.settled(Self.progress(committed: 40, mark: nil), low: 40, high: 80).mark == .nothing)
    }

    /// Aborted transactions and markers fill it up to 40. Recreated while no pod runs, it has requests there.
    @Test(
        arguments: [
            (low: 0, high: 40, first: nil, isNew: false), (low: 0, high: 80, first: 40, isNew: false),
            (low: 30, high: 80, first: 61, isNew: false), (low: 0, high: 80, first: nil, isNew: false),
            (low: 40, high: 40, first: nil, isNew: false), (low: 0, high: 40, first: 0, isNew: true),
            (low: 0, high: 80, first: 39, isNew: true), (low: 3, high: 80, first: 3, isNew: true),
            (low: 0, high: 39, first: nil, isNew: true),
        ] as [(low: Int64, high: Int64, first: Int64?, isNew: Bool)]
    )
    func `a log of which nothing could be read is another one where something can`(
        low: Int64,
        high: Int64,
        first: Int64?,
        isNew: Bool
    ) {
        let record = Self.progress(committed: 40, mark: .nothing, generation: 2)
        let found = first.map { LogMark(offset: $0, timestamp: 1, hash: 1) }
        let settlement = Self.settled(
            record,
            group: 40,
            metadata: "clockwork/2",
            low: low,
            high: high,
            atMark: found
        )
        #expect(settlement.isNew == isNew && settlement.generation == (isNew ? 3 : 2))
        #expect(settlement.start == (isNew ? low : 40) && settlement.mark == .nothing)
        // A look while it is being read says the same.
        let look = LogLook(owner: 1, partition: 3, progress: record, latest: .nothing, next: 40)
        let finding = look.finding(LogSettlement.Log(low: low, high: high, recordAtMark: found))
        #expect(finding == (isNew ? .other : .same(start: 40)))
    }

    @Test func `where nothing of such a log is committed, whatever it holds is to be read`() {
        let record = Self.progress(committed: nil, mark: .nothing, generation: 1)
        let found = LogMark(offset: 0, timestamp: 1, hash: 1)
        let settlement = Self.settled(record, high: 80, atMark: found)
        #expect(!settlement.isNew && settlement.start == 0)
        // The pod that has read it has committed, and not come to note what it had read.
        let committed = Self.settled(record, group: 30, metadata: "clockwork/1", high: 80, atMark: found)
        #expect(!committed.isNew && committed.start == 30)
    }

    @Test func `a record of an older Clockwork is of a new log only when the log ends below its offset`() {
        let record = Self.progress(committed: 40, mark: nil)
        #expect(Self.settled(record, group: 40, high: 39).isNew)
        let same = Self.settled(record, group: 40, high: 40)
        #expect(!same.isNew && same.start == 40 && same.generation == 0)
        #expect(Self.settled(record, high: 80).start == 40)
        #expect(Self.settled(record, low: 60, high: 80).start == 60)
    }

    @Test func `an offset that was committed for an earlier log is not taken for one of this`() {
        let record = Self.progress(committed: 10, mark: Self.mark, generation: 1)
        #expect(Self.settled(record, group: 70, metadata: "", high: 80, atMark: Self.mark).start == 10)
        #expect(Self.settled(record, group: 70, metadata: "clockwork/1", high: 80, atMark: Self.mark).start == 70)
    }

    @Test func `a commit of a later generation than the progress record counts alone`() {
        let record = Self.progress(committed: 40, mark: Self.mark, generation: 1)
        // The record's mark and offset are of an earlier log.
        for found in [nil, Self.mark, Self.other] {
            let settlement = Self.settled(record, group: 10, metadata: "clockwork/2", high: 80, atMark: found)
            #expect(settlement.generation == 2 && settlement.start == 10 && !settlement.isNew)
            #expect(settlement.mark == nil && settlement.committed == 10)
        }
        let beyond = Self.settled(record, group: 81, metadata: "clockwork/2", high: 80)
        #expect(beyond.generation == 3 && beyond.isNew && beyond.start == 0)
    }

    @Test(
        arguments: [
            (record: 9_223, commit: "", of: .progressRecord), (record: -1, commit: "", of: .progressRecord),
            (record: .max, commit: "", of: .progressRecord), (record: 0, commit: "clockwork/9223", of: .commit),
            (record: 0, commit: "clockwork/9223372036854775807", of: .commit),
        ] as [(record: Int64, commit: String, of: LogGenerationError.Source)]
    )
    func `a generation that cannot be is an error that says where it stands`(
        record: Int64,
        commit: String,
        source: LogGenerationError.Source
    ) throws {
        let error = #expect(throws: LogGenerationError.self) {
            try LogSettlement.checked(
                progress: Self.progress(committed: 1, mark: nil, generation: record),
                group: GroupOffset(offset: 1, metadata: commit),
                log: LogSettlement.Log(low: 0, high: 9)
            )
        }
        #expect(error?.source == source && error?.description.contains("0 to 9222") == true)
    }

    @Test func `the last generation can be read, and none follows it`() throws {
        let last = Self.progress(committed: 1, mark: Self.mark, generation: 9_222)
        let log = LogSettlement.Log(low: 0, high: 80, recordAtMark: Self.mark)
        #expect(try LogSettlement.checked(progress: last, group: nil, log: log).generation == 9_222)
        _ = LogOffset(generation: 9_222, offset: 999_999_999_999_999).scheduling
        let error = #expect(throws: LogGenerationError.self) {
            try LogSettlement.checked(progress: last, group: nil, log: LogSettlement.Log(low: 0, high: 0))
        }
        #expect(error?.source == .newLog)
    }

    @Test(
        arguments: [
            (next: 60, low: 0, high: 80, found: mark, finding: .same(start: 60)),
            // Retention has gone past what is to be read next.
            (next: 60, low: 70, high: 80, found: nil, finding: .same(start: 70)),
            (next: 50, low: 0, high: 50, found: mark, finding: .same(start: 50)),
            (next: 60, low: 0, high: 80, found: other, finding: .other),
            (next: 60, low: 0, high: 80, found: nil, finding: .other),
            (next: 60, low: 0, high: 40, found: nil, finding: .other),
            // Nothing of what is to be read next.
            (next: 60, low: 0, high: 59, found: mark, finding: .other),
        ] as [(next: Int64, low: Int64, high: Int64, found: LogMark?, finding: LogLook.Finding)]
    )
    func `a look compares the record that was read with what is there`(
        next: Int64,
        low: Int64,
        high: Int64,
        found: LogMark?,
        finding: LogLook.Finding
    ) {
        let look = LogLook(
            owner: 1,
            partition: 3,
            progress: Self.progress(committed: 40, mark: Self.mark, generation: 2),
            latest: nil,
            next: next
        )
        #expect(look.finding(LogSettlement.Log(low: low, high: high, recordAtMark: found)) == finding)
    }

    @Test func `a commit names its generation unless it is the first`() {
        #expect(CommitMetadata.text(generation: 0) == "" && CommitMetadata.text(generation: 12) == "clockwork/12")
        #expect(CommitMetadata.generation(of: "clockwork/12") == 12)
        for text in ["", "12", "clockwork/", "clockwork/x", "clockwork/-1", "other/3"] {
            #expect(CommitMetadata.generation(of: text) == 0)
        }
    }

    @Test func `log offsets of a later log are above those of all before`() {
        let last = LogOffset(generation: 0, offset: 999_999_999_999_999).scheduling
        let first = LogOffset(generation: 1, offset: 0)
        #expect(first.scheduling == last + 1)
        #expect(LogOffset(scheduling: first.scheduling + 5) == LogOffset(generation: 1, offset: 5))
        #expect(LogOffset(scheduling: 17) == LogOffset(generation: 0, offset: 17))
    }
}
