import ClockworkService
import Scheduling
import Testing

@testable import ClockworkAPI

/// Which commits say nothing of the log that is there.
@Suite struct ForeignCommitsTests {
    /// How far the owner of partition 0 is taken to be, by what one view after the other says of it.
    private func trusted(_ views: [(end: Int64?, committed: Int64?, generation: Int64)]) -> [LogOffset?] {
        var foreign = ForeignCommits()
        return views.map { view in
            let committed = view.committed.map { LogOffset(generation: view.generation, offset: $0) }
            let state = OwnerView.Partition(end: view.end, committed: committed)
            return foreign.without(OwnerView(partitions: [0: state])).partitions[0]?.committed
        }
    }

    private func at(_ offset: Int64, _ generation: Int64 = 0) -> LogOffset {
        LogOffset(generation: generation, offset: offset)
    }

    @Test func `what an owner commits of a log that grows is trusted`() {
        #expect(trusted([(5, nil, 0), (7, 5, 0), (7, 7, 0), (9, 7, 0)]) == [nil, at(5), at(7), at(7)])
    }

    @Test func `a commit ahead of the end stays foreign when the log has grown up to it`() {
        #expect(trusted([(3, 50, 0), (50, 50, 0), (80, 50, 0), (80, 80, 1)]) == [nil, nil, nil, at(80, 1)])
    }

    @Test func `a commit is foreign once the end was seen to go back, even if the new log has grown up to it`() {
        // 50 of 80 were settled; the topic is recreated, and 50 requests, or some more, are in it when it is looked at next.
        for end in [50, 60] as [Int64] {
            #expect(
                trusted([(80, 50, 0), (end, 50, 0), (end, 50, 0), (90, 50, 0), (90, 90, 1)])
                    == [at(50), nil, nil, nil, at(90, 1)]
            )
        }
    }

    @Test func `what the group has committed of the new log is trusted, however short it is`() {
        #expect(trusted([(80, 50, 0), (10, 10, 1)]) == [at(50), at(10, 1)])
        #expect(trusted([(80, 50, 2), (60, 50, 2), (60, 60, 3)]) == [at(50, 2), nil, at(60, 3)])
    }

    @Test func `a partition that does not answer for once is remembered`() {
        #expect(trusted([(80, 50, 0), (nil, 50, 0), (50, 50, 0)]) == [at(50), at(50), nil])
    }

    /// The inquiry asks for more than the commit: with no end there is no answer, so the second one above is harmless.
    @Test func `a question after the recreation is not answered by the commit of before`() {
        var foreign = ForeignCommits()
        func view(_ end: Int64) -> OwnerView {
            foreign.without(OwnerView(partitions: [0: OwnerView.Partition(end: end, committed: at(50))]))
        }
        _ = view(80)
        var inquiry = KeyInquiry(asOf: view(50))
        let said = [inquiry.found(.unknown), inquiry.ownersAt(view(50)), inquiry.found(.unknown)]
        #expect(said == [false, false, false])
    }
}
