import Runtime
import Scheduling
import Testing

@testable import ClockworkService

@Suite struct CallbackBreakerTests {
    /// A breaker by reference, whose answers can be looked at where they are asked for.
    @dynamicMemberLookup
    private final class Breaker {
        private var breaker: CallbackBreaker

        init(failuresToOpen: Int) {
            breaker = CallbackBreaker(failuresToOpen: failuresToOpen)
        }

        subscript<Value>(dynamicMember path: KeyPath<CallbackBreaker, Value>) -> Value { breaker[keyPath: path] }

        func end(_ now: Uptime, hasCalls: Bool) -> Uptime? { breaker.end(now, hasCalls: hasCalls) }

        func isIdle(_ now: Uptime) -> Bool { breaker.isIdle(now) }

        @discardableResult
        func failed(_ now: Uptime) -> Bool { breaker.failed(now) }

        func answered() { breaker.answered() }

        func letThrough() { breaker.letThrough() }

        func isLeft() { breaker.isLeft() }

        func putOff(_ call: CallbackCall, _ now: Moment, until end: Uptime) -> EpochMilliseconds {
            breaker.putOff(call, now, until: end)
        }
    }

    private func time(_ milliseconds: Int64) -> Uptime { Uptime(milliseconds: milliseconds) }

    /// A moment at this uptime. The wall clock shows the same, unless it is ahead by so much.
    private func moment(_ milliseconds: Int64, ahead: Int64 = 0) -> Moment {
        Moment(wall: EpochMilliseconds(rawValue: milliseconds + ahead), uptime: time(milliseconds))
    }

    /// A breaker that has just opened at 1,000.
    private func open() -> Breaker {
        let breaker = Breaker(failuresToOpen: 5)
        for number in 1...5 { #expect(breaker.failed(time(1_000)) == (number == 5)) }
        return breaker
    }

    @Test func `some failures in a row open it, and an answer closes it`() {
        let breaker = Breaker(failuresToOpen: 2)
        #expect(!breaker.failed(time(0)))
        breaker.answered()
        #expect(!breaker.failed(time(0)))
        #expect(breaker.end(time(0), hasCalls: true) == nil)
        #expect(breaker.failed(time(0)))
        #expect(breaker.end(time(0), hasCalls: false) == time(1_000))
        breaker.answered()
        #expect(breaker.state == .closed(failures: 0))
    }

    @Test func `after the pause one call tries, and each failure doubles the pause, up to a minute`() {
        let breaker = open()
        var pause: Int64 = 1_000
        var now: Int64 = 2_000
        for _ in 0..<10 {
            #expect(breaker.end(time(now - 1), hasCalls: false) == time(now))
            #expect(breaker.end(time(now), hasCalls: false) == nil)
            breaker.letThrough()
            #expect(breaker.end(time(now), hasCalls: true) == time(now + pause))
            #expect(!breaker.failed(time(now)))
            pause = min(pause * 2, 60_000)
            #expect(breaker.state == .open(until: time(now + pause), pause: pause))
            now += pause
        }
    }

    @Test func `a call that is taken back leaves the trial to the next one`() {
        let breaker = open()
        breaker.letThrough()
        breaker.isLeft()
        #expect(breaker.end(time(1_001), hasCalls: false) == nil)
    }

    @Test func `what is put off comes again in that order, and first attempts before retries`() {
        let breaker = open()
        func putOff(_ offset: Int64, _ attempt: Int32) -> Int64 {
            breaker.putOff(.example(offset, attempt: attempt), moment(1_500), until: time(2_000)).rawValue
        }
        #expect([10, 12, 11].map { putOff($0, 2) } == [2_250, 2_250, 2_251])
        #expect([20, 22, 21].map { putOff($0, 1) } == [2_000, 2_000, 2_001])
    }

    @Test func `the longer it is open, the longer schedules are left alone, up to five minutes`() {
        let breaker = open()
        func pause(_ now: Int64) -> Int64 {
            breaker.putOff(.example(1), moment(now), until: time(now)).rawValue - now
        }
        #expect(pause(401_000) == 100_000)
        #expect(pause(9_000_000) == 300_000)
    }

    @Test func `a wall clock that is a day ahead for three seconds does not prolong the pause, nor does one set back`()
    {
        let day: Int64 = 86_400_000
        let breaker = open()
        func putOff(_ offset: Int64, _ now: Moment) -> Int64 {
            breaker.putOff(.example(offset), now, until: time(2_000)).rawValue
        }
        #expect(putOff(1, moment(1_500, ahead: day)) == day + 2_000)
        #expect(putOff(2, moment(1_600)) == 2_000)
        #expect(putOff(3, moment(1_700, ahead: -day)) == 2_000 - day)
        #expect(breaker.end(time(2_000), hasCalls: false) == nil)
    }

    @Test func `it can be forgotten once nothing matters any more`() {
        #expect(CallbackBreaker(failuresToOpen: 5).isIdle(time(1)))
        let breaker = open()
        #expect(!breaker.isIdle(time(3_000)))
        #expect(breaker.isIdle(time(400_000)))
    }
}
