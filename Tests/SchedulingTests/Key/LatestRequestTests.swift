import Testing

@testable import Scheduling

@Suite struct LatestRequestTests {
    private static func position(_ offset: Int64, _ time: Int64) -> Position { KeyScript.position(offset, time) }

    @Test func `Nothing is left behind while nothing is known`() {
        let latest = LatestRequest()
        #expect(latest.offset == -1)
        #expect(!latest.leavesBehind(Self.position(0, 0)))
    }

    @Test func `The later request leaves behind whatever is older, however late it is due`() {
        var latest = LatestRequest()
        latest.note(10)
        latest.note(7)
        #expect(latest.offset == 10)
        #expect(latest.leavesBehind(Self.position(9, 900)))
        #expect(!latest.leavesBehind(Self.position(10, 50)))
        #expect(!latest.leavesBehind(Self.position(11, 5)))
    }

    @Test func `Of the latest create what is done with is left behind, and a later retry is not`() {
        var latest = LatestRequest()
        latest.note(10)
        latest.isDone(Self.position(10, 50))
        latest.isDone(Self.position(10, 40))
        #expect(latest.leavesBehind(Self.position(10, 50)))
        #expect(!latest.leavesBehind(Self.position(10, 51)))
    }

    @Test func `What is done with of another create says nothing of the latest`() {
        var latest = LatestRequest()
        latest.note(10)
        latest.isDone(Self.position(9, 900))
        #expect(!latest.leavesBehind(Self.position(10, 50)))
        latest.isDone(Self.position(10, 50))
        latest.note(11)
        #expect(!latest.leavesBehind(Self.position(11, 20)))
    }
}
