import Testing

@testable import Scheduling

@Suite struct OutboxTests {
    private let limits: SchedulerLimits

    init() {
        var limits = SchedulerLimits()
        limits.maxStoreCallsInFlight = 2
        limits.maxLookUpsInFlight = 2
        limits.maxKeysPerLookUp = 2
        self.limits = limits
    }

    @Test func `Keys are written in the order in which they came, while a call is left`() {
        var outbox = Outbox()
        for key in Int32(0)..<4 { outbox.add(key) }
        let first = outbox.next(limits)
        #expect(first == 0)
        let call = outbox.begin([], of: [0])
        #expect(outbox.next(limits) == 1)
        _ = outbox.begin([], of: [1])
        #expect(outbox.next(limits) == nil)
        #expect(outbox.queuedCount == 2)
        #expect(outbox.stored(call.id) == [0])
        #expect(outbox.next(limits) == 2)
    }

    @Test func `A call that has been answered before is about nothing`() {
        var outbox = Outbox()
        let call = outbox.begin([], of: [7])
        #expect(outbox.stored(call.id) == [7])
        #expect(outbox.stored(call.id).isEmpty)
        #expect(outbox.answered(call.id) == nil)
        #expect(outbox.isQuiet)
    }

    @Test func `Look-ups are bounded in size and in number, and in the order of asking`() {
        var outbox = Outbox()
        for key in Int32(0)..<5 { outbox.ask(key, isReplay: false) }
        let first = outbox.nextLookUp(limits)
        #expect(first?.keys == [0, 1])
        #expect(outbox.nextLookUp(limits)?.keys == [2, 3])
        #expect(outbox.nextLookUp(limits) == nil)
        #expect(outbox.answered(first?.id ?? 0) == [0, 1])
        #expect(outbox.nextLookUp(limits)?.keys == [4])
        #expect(outbox.nextLookUp(limits) == nil)
    }

    @Test func `Questions of the replay count until they are answered`() throws {
        var outbox = Outbox()
        outbox.ask(0, isReplay: true)
        outbox.ask(1, isReplay: false)
        outbox.ask(2, isReplay: true)
        let first = try lookUp(&outbox)
        #expect(outbox.replayQuestions == 2)
        _ = outbox.answered(first)
        #expect(outbox.replayQuestions == 1)
    }

    @Test func `A late look-up frees its keys but those of the replay`() throws {
        var outbox = Outbox()
        outbox.ask(0, isReplay: true)
        outbox.ask(1, isReplay: false)
        outbox.ask(2, isReplay: false)
        let first = try lookUp(&outbox)
        #expect(outbox.isLate(first, limits) == [1])
        #expect(!outbox.isStuck(limits))
    }

    @Test func `Once all look-ups are late, questions not sent are late as well`() throws {
        var outbox = Outbox()
        for key in Int32(0)..<5 { outbox.ask(key, isReplay: false) }
        outbox.ask(5, isReplay: true)
        let first = try lookUp(&outbox)
        let second = try lookUp(&outbox)
        _ = outbox.isLate(first, limits)
        #expect(outbox.isLate(second, limits) == [2, 3, 4])
        #expect(outbox.isStuck(limits))
        _ = outbox.answered(first)
        #expect(!outbox.isStuck(limits))
        #expect(outbox.isLate(first, limits).isEmpty)
    }

    @Test func `It is quiet when nothing waits and nothing is on its way`() throws {
        var outbox = Outbox()
        #expect(outbox.isQuiet)
        outbox.ask(0, isReplay: false)
        #expect(!outbox.isQuiet)
        let asked = try lookUp(&outbox)
        #expect(!outbox.isQuiet)
        _ = outbox.answered(asked)
        outbox.add(0)
        #expect(!outbox.isQuiet)
        _ = outbox.next(limits)
        let call = outbox.begin([], of: [0])
        #expect(!outbox.isQuiet)
        _ = outbox.stored(call.id)
        #expect(outbox.isQuiet)
    }

    /// Takes the next look-up, of which there is one.
    private func lookUp(_ outbox: inout Outbox) throws -> Int {
        let call = outbox.nextLookUp(limits)
        return try #require(call).id
    }
}
