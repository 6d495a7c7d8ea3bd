import Runtime
import Testing

@Suite struct BlockingInboxTests {
    @Test func `hands out what is there, comes back empty-handed at the deadline, and says when no more comes`() {
        let inbox = BlockingInbox<Int>(capacity: 2)
        #expect(inbox.add(1) && inbox.add(2))
        #expect(!inbox.add(3))
        #expect(inbox.takeAll(until: nil) == ([1, 2], false))
        // Past already: there is nothing to wait for.
        #expect(inbox.takeAll(until: MonotonicClock.now()) == ([], false))
        #expect(inbox.add(4))
        inbox.close()
        #expect(!inbox.add(5))
        #expect(inbox.takeAll(until: nil) == ([4], true))
        #expect(inbox.takeAll(until: nil) == ([], true))
    }
}
