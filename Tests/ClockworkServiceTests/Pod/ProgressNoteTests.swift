import Runtime
import Scheduling
import Testing

@testable import ClockworkService

/// An owner as far as its progress record is concerned.
private final class Keeper {
    var note: ProgressNote
    var resident = 0

    init(committed: Int64?, mark: LogMark?) {
        let log = LogSettlement.Log(low: 0, high: 10, recordAtMark: mark?.isRecord == true ? mark : nil)
        let progress = Keeper.record(committed: committed, resident: 0, mark: mark)
        note = ProgressNote(LogSettlement(progress: progress, group: nil, log: log))
    }

    private static func record(committed: Int64?, resident: Int, mark: LogMark?) -> PartitionProgress {
        PartitionProgress(
            partition: 0,
            owner: "pod",
            epoch: 1,
            executedUpTo: nil,
            pendingResident: resident,
            committedOffset: committed,
            mark: mark,
            updatedAt: .zero
        )
    }

    /// Whether a record is to be written at this time, in milliseconds.
    func writes(at time: Int64, atOnce: Bool = false) -> Bool {
        let record = Self.record(committed: note.committed, resident: resident, mark: note.mark)
        return note.take(record, now: Uptime(milliseconds: time), atOnce: atOnce)
    }
}

@Suite struct ProgressNoteTests {
    private static let mark = LogMark(offset: 5, timestamp: 1, hash: 1)

    @Test func `a record is due when something has changed, five seconds after the last`() {
        let keeper = Keeper(committed: 3, mark: Self.mark)
        #expect(keeper.note.committed == 3 && keeper.note.mark == Self.mark)
        #expect(keeper.writes(at: 10_000))
        #expect(!keeper.writes(at: 15_000), "nothing has changed")
        keeper.note.committed = 4
        #expect(keeper.writes(at: 15_000))
        keeper.resident = 1
        #expect(!keeper.writes(at: 19_999))
        #expect(keeper.writes(at: 20_000))
    }

    @Test func `the end of an owner makes a record due, unless nothing has changed`() {
        let keeper = Keeper(committed: 3, mark: Self.mark)
        #expect(keeper.writes(at: 10_000, atOnce: true))
        #expect(!keeper.writes(at: 10_000, atOnce: true))
        keeper.note.committed = 5
        #expect(keeper.writes(at: 10_000, atOnce: true))
    }

    @Test func `the first mark of a log is due at once`() {
        let keeper = Keeper(committed: nil, mark: nil)
        #expect(keeper.writes(at: 10_000))
        keeper.note.read(Self.mark)
        #expect(keeper.writes(at: 10_001))
        keeper.note.read(LogMark(offset: 6, timestamp: 1, hash: 2))
        #expect(!keeper.writes(at: 10_002))
    }

    @Test
    func `the first record that is read takes the place of the mark that says there was none, and is due at once`() {
        let keeper = Keeper(committed: 3, mark: .nothing)
        #expect(keeper.writes(at: 10_000))
        keeper.note.committed = 5
        #expect(!keeper.writes(at: 10_001))
        keeper.note.read(Self.mark)
        #expect(keeper.note.mark == Self.mark && keeper.note.latest == Self.mark)
        #expect(keeper.writes(at: 10_002))
    }

    @Test func `a log of which nothing could be read is looked at once something of it is committed`() {
        let keeper = Keeper(committed: nil, mark: .nothing)
        func looks(at time: Int64) -> Bool { keeper.note.takeLook(now: Uptime(milliseconds: time)) }
        #expect(!looks(at: 100_000))
        keeper.note.committed = 5
        #expect(looks(at: 100_000))
        keeper.note.confirmed(keeper.note.latest)
        #expect(!looks(at: 159_999))
        #expect(looks(at: 160_000))
        #expect(keeper.note.mark == .nothing)
    }

    @Test func `the mark moves on with a look at the log, to what had been read when it began`() {
        let keeper = Keeper(committed: 3, mark: Self.mark)
        let read = (6...8).map { LogMark(offset: $0, timestamp: 1, hash: 9) }
        keeper.note.read(read[0])
        keeper.note.read(read[1])
        #expect(keeper.note.mark == Self.mark && keeper.note.latest == read[1])
        keeper.note.read(read[2])
        keeper.note.confirmed(read[1])
        #expect(keeper.note.mark == read[1] && keeper.note.latest == read[2])
        // A look that began earlier and ended later.
        keeper.note.confirmed(read[0])
        keeper.note.confirmed(nil)
        #expect(keeper.note.mark == read[1])
    }

    @Test func `the first record that is read of a log is its mark`() {
        let keeper = Keeper(committed: nil, mark: nil)
        keeper.note.read(Self.mark)
        keeper.note.read(LogMark(offset: 6, timestamp: 1, hash: 2))
        #expect(keeper.note.mark == Self.mark)
    }

    @Test func `a look is due when something has been read, five seconds after the last`() {
        let keeper = Keeper(committed: 3, mark: Self.mark)
        func looks(at time: Int64) -> Bool { keeper.note.takeLook(now: Uptime(milliseconds: time)) }
        #expect(!looks(at: 10_000), "nothing has been read")
        keeper.note.read(LogMark(offset: 6, timestamp: 1, hash: 2))
        #expect(looks(at: 10_000))
        // It had no answer.
        #expect(!looks(at: 14_999))
        #expect(looks(at: 15_000))
        keeper.note.confirmed(keeper.note.latest)
        #expect(!looks(at: 20_000))
    }

    @Test func `the latest record does not go back when records are read again`() {
        let keeper = Keeper(committed: 3, mark: Self.mark)
        keeper.note.read(LogMark(offset: 4, timestamp: 1, hash: 9))
        #expect(keeper.note.latest == Self.mark)
    }
}
