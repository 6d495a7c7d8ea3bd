import Testing

@testable import Scheduling

/// Design rule "Idempotent changes": one change of a key is in flight, and the rest gathers behind it.
@Suite struct DraftTests {
    private let first = KeyScript.schedule(10, 50)
    private let second = KeyScript.schedule(11, 80)

    private func send(_ draft: inout Draft) -> KeyChange { draft.send(first.key, partition: 3) }

    @Test func `What was gathered goes out together and settles its offsets when it is stored`() {
        var draft = Draft()
        draft.write(first, settling: OffsetList(10))
        draft.delete(KeyScript.position(5, 40))
        draft.settle(5)
        var record = KeyRecord(latest: first)
        record.partition = 3
        #expect(
            send(&draft)
                == KeyChange(key: first.key, put: first, record: record, deletes: [KeyScript.position(5, 40)])
        )
        #expect(draft.isInFlight)
        #expect(!draft.hasUnsent)
        #expect(offsets(draft.stored()) == [10, 5])
        #expect(draft.isDone)
    }

    @Test func `What comes meanwhile is settled by the next one`() {
        var draft = Draft()
        draft.write(first, settling: OffsetList(10))
        _ = send(&draft)
        draft.write(second, settling: OffsetList(11))
        #expect(offsets(draft.stored()) == [10])
        #expect(draft.hasUnsent)
        #expect(send(&draft).put === second)
        #expect(offsets(draft.stored()) == [11])
        #expect(offsets(draft.stored()).isEmpty)
    }

    @Test func `A later write takes the place of an earlier one, and its offsets join`() {
        var draft = Draft()
        draft.write(first, settling: OffsetList(10))
        draft.write(second, settling: OffsetList(11))
        let change = send(&draft)
        #expect(change.put === second)
        #expect(change.record?.requestOffset == 11)
        #expect(offsets(draft.stored()) == [10, 11])
    }

    @Test func `An item is deleted once, and not where it is to be written after all`() {
        var draft = Draft()
        draft.delete(first.position)
        draft.delete(first.position)
        draft.delete(second.position)
        draft.keep(first.position)
        #expect(draft.deletes == [second.position])
    }

    @Test func `What is discarded is not written, and what it settles stays`() {
        var draft = Draft()
        draft.write(first, settling: OffsetList(10))
        draft.discardPut()
        #expect(draft.put == nil)
        #expect(draft.hasRecord)
        draft.discardWrite()
        #expect(!draft.hasRecord)
        #expect(draft.hasUnsent)
        #expect(offsets(draft.takeOffsets()) == [10])
        #expect(draft.isDone)
    }

    @Test func `A key is queued once until its turn comes`() {
        var draft = Draft()
        #expect(draft.queue() == true)
        #expect(draft.queue() == false)
        #expect(!draft.isDone)
        draft.leaveQueue()
        #expect(draft.isDone)
        #expect(draft.queue() == true)
    }

    @Test func `It knows the time of what it says was cancelled`() {
        var draft = Draft()
        draft.write(.of(first, .latest, request: 10))
        #expect(!draft.cancels(first.scheduleTime))
        draft.write(.of(first, .cancelled, request: 11))
        #expect(draft.cancels(first.scheduleTime))
        #expect(!draft.cancels(second.scheduleTime))
        draft.write(.cancelled(KeyRecord(latest: second, state: .cancelled, request: 12)))
        #expect(draft.cancels(second.scheduleTime))
    }

    private func offsets(_ list: OffsetList) -> [Int64] {
        var offsets: [Int64] = []
        list.forEach { offsets.append($0) }
        return offsets
    }
}
