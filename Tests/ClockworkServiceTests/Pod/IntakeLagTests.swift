import Runtime
import Testing

@testable import ClockworkService

@Suite struct IntakeLagTests {
    private typealias Measure = IntakeLag.Measure

    @Test func `What has not been read is lag`() {
        var lag = IntakeLag()
        #expect(lag.measure(next: 10, high: 25, now: .zero) == Measure(readable: 15))
        #expect(lag.measure(next: 25, high: 25, now: .zero) == Measure())
        #expect(
            lag.measure(next: 26, high: 25, now: .zero) == Measure(),
            "the owner has heard of a newer end than the fetch"
        )
    }

    @Test func `What lies behind an end that the owner stays at is held back by a transaction`() {
        var lag = IntakeLag()
        lag.endReached(at: 10)
        #expect(lag.measure(next: 10, high: 14, now: .zero) == Measure(readable: 4), "it may be on its way")
        #expect(lag.measure(next: 10, high: 14, now: .zero) == Measure(heldBack: 4))
        #expect(lag.measure(next: 10, high: 20, now: .zero) == Measure(heldBack: 10))
    }

    @Test func `Once the transaction has ended it is lag, and then nothing`() {
        var lag = IntakeLag()
        lag.endReached(at: 10)
        _ = lag.measure(next: 10, high: 14, now: .zero)
        _ = lag.measure(next: 10, high: 14, now: .zero)
        #expect(lag.measure(next: 12, high: 15, now: .zero) == Measure(readable: 3))
        lag.endReached(at: 15)
        #expect(lag.measure(next: 15, high: 15, now: .zero) == Measure())
    }

    @Test func `Each end is given its time`() {
        var lag = IntakeLag()
        lag.endReached(at: 10)
        _ = lag.measure(next: 10, high: 14, now: .zero)
        lag.endReached(at: 14)
        #expect(lag.measure(next: 14, high: 16, now: .zero) == Measure(readable: 2))
        #expect(lag.measure(next: 14, high: 16, now: .zero) == Measure(heldBack: 2))
    }

    @Test func `Before an end is reached nothing counts as held back`() {
        var lag = IntakeLag()
        for _ in 0..<3 { #expect(lag.measure(next: 10, high: 14, now: .zero) == Measure(readable: 4)) }
    }

    // MARK: Behind

    private func second(_ number: Int64) -> Uptime { Uptime(milliseconds: number * 1_000) }

    @Test func `A partition that keeps up is never behind, however much flows into it`() {
        var lag = IntakeLag()
        for number in 0..<300 as Range<Int64> {
            // A second's requests have come when it is measured, and those of the second before have been read.
            #expect(
                lag.measure(next: 100 * number, high: 100 * (number + 1), now: second(number)) == Measure(readable: 100)
            )
            #expect(!lag.isBehind(now: second(number)))
        }
    }

    @Test func `Requests that nobody reads are behind after a minute, whatever comes behind them`() {
        var lag = IntakeLag()
        for number in 0..<60 as Range<Int64> {
            _ = lag.measure(next: 5, high: 7 + number, now: second(number))
            #expect(!lag.isBehind(now: second(number)))
        }
        #expect(lag.isBehind(now: second(60)))
        // What was there has been read; what is there now has not waited for long.
        _ = lag.measure(next: 7, high: 80, now: second(61))
        #expect(!lag.isBehind(now: second(61)))
        #expect(!lag.isBehind(now: second(120)))
        #expect(lag.isBehind(now: second(121)))
        _ = lag.measure(next: 80, high: 80, now: second(122))
        #expect(!lag.isBehind(now: second(500)))
    }

    @Test func `What an open transaction holds back does not wait for the owner`() {
        var lag = IntakeLag()
        lag.endReached(at: 10)
        for number in 0..<120 as Range<Int64> { _ = lag.measure(next: 10, high: 14, now: second(number)) }
        #expect(!lag.isBehind(now: second(120)))
    }
}
