import Testing

@testable import ClockworkService

@Suite struct IntakeLagTests {
    private typealias Measure = IntakeLag.Measure

    @Test func `What has not been read is lag`() {
        var lag = IntakeLag()
        #expect(lag.measure(next: 10, high: 25) == Measure(readable: 15))
        #expect(lag.measure(next: 25, high: 25) == Measure())
        #expect(lag.measure(next: 26, high: 25) == Measure(), "the owner has heard of a newer end than the fetch")
    }

    @Test func `What lies behind an end that the owner stays at is held back by a transaction`() {
        var lag = IntakeLag()
        lag.endReached(at: 10)
        #expect(lag.measure(next: 10, high: 14) == Measure(readable: 4), "it may be on its way")
        #expect(lag.measure(next: 10, high: 14) == Measure(heldBack: 4))
        #expect(lag.measure(next: 10, high: 20) == Measure(heldBack: 10))
    }

    @Test func `Once the transaction has ended it is lag, and then nothing`() {
        var lag = IntakeLag()
        lag.endReached(at: 10)
        _ = lag.measure(next: 10, high: 14)
        _ = lag.measure(next: 10, high: 14)
        #expect(lag.measure(next: 12, high: 15) == Measure(readable: 3))
        lag.endReached(at: 15)
        #expect(lag.measure(next: 15, high: 15) == Measure())
    }

    @Test func `Each end is given its time`() {
        var lag = IntakeLag()
        lag.endReached(at: 10)
        _ = lag.measure(next: 10, high: 14)
        lag.endReached(at: 14)
        #expect(lag.measure(next: 14, high: 16) == Measure(readable: 2))
        #expect(lag.measure(next: 14, high: 16) == Measure(heldBack: 2))
    }

    @Test func `Before an end is reached nothing counts as held back`() {
        var lag = IntakeLag()
        for _ in 0..<3 { #expect(lag.measure(next: 10, high: 14) == Measure(readable: 4)) }
    }
}
