import Scheduling
import Testing

@testable import ClockworkService

@Suite struct CallbackHostTests {
    private static let target = CallbackTarget(url: CallbackURL("https://a.test/")!)

    private func call(_ offset: Int64, order: String = "o", bytes: Int = 0, owner: UInt32 = 1) -> CallbackCall {
        let schedule = Schedule(
            key: ScheduleKey(clientID: "c", scheduleKey: "k\(offset)"),
            position: Position(time: .zero, offset: offset),
            orderingKey: order,
            target: .callback(Self.target),
            payload: [UInt8](repeating: 0, count: bytes),
            headers: RecordHeaders()
        )
        return CallbackCall(
            sender: Sender(owner: owner, partition: 0),
            token: 0,
            schedule: schedule,
            target: Self.target,
            wasDueOnArrival: false
        )
    }

    private func time(_ milliseconds: Int64) -> Uptime { Uptime(milliseconds: milliseconds) }

    /// A moment at this uptime. The wall clock shows the same, unless it is ahead by so much.
    private func moment(_ milliseconds: Int64, ahead: Int64 = 0) -> Moment {
        Moment(wall: EpochMilliseconds(rawValue: milliseconds + ahead), uptime: time(milliseconds))
    }

    private func time(of admission: CallbackHost.Admission) -> Int64? {
        if case .putOff(let time) = admission { time.rawValue } else { nil }
    }

    /// A host by reference, whose answers can be looked at where they are asked for.
    private final class Host {
        private var host = CallbackHost()

        var state: CallbackHost.HostState { host.state }
        var inFlight: Int { host.inFlight }
        var queuedCount: Int { host.queuedCount }

        func admit(_ call: CallbackCall, _ now: Moment) -> CallbackHost.Admission {
            host.admit(call, now)
        }

        @discardableResult
        func takeNext() -> CallbackCall? { host.takeNext() }

        @discardableResult
        func answered() -> Bool { host.answered() }

        @discardableResult
        func failed(_ now: Uptime) -> Bool { host.failed(now) }

        func putOffQueue(_ now: Moment) -> [(call: CallbackCall, time: EpochMilliseconds)] {
            host.putOffQueue(now)
        }

        func removeQueued(of owner: UInt32) -> [CallbackCall] { host.removeQueued(of: owner) }

        func isIdle(_ now: Uptime) -> Bool { host.isIdle(now) }
    }

    /// A host that has just broken at 1,000.
    private func broken() -> Host {
        let host = Host()
        for offset in 0..<5 as Range<Int64> {
            #expect(host.admit(call(offset), moment(1_000)) == .accepted)
            #expect(host.takeNext() != nil)
            #expect(host.failed(time(1_000)) == (offset == 4))
        }
        return host
    }

    @Test func `a share begins small, grows with success and is halved by a failure`() {
        let host = Host()
        for offset in 0..<20 as Range<Int64> { #expect(host.admit(call(offset), moment(0)) == .accepted) }
        func start() -> Int {
            var count = 0
            while host.takeNext() != nil { count += 1 }
            return count
        }
        #expect(start() == 4)
        #expect(host.answered() == false)
        #expect(start() == 2)
        #expect(host.failed(time(0)) == false)
        #expect(start() == 0)
        for _ in 0..<3 { _ = host.answered() }
        // Two of five are left in flight, and three have been answered since the share was two.
        #expect(host.inFlight == 1)
        #expect(start() == 4)
    }

    @Test func `first come, first sent`() {
        let host = Host()
        for offset in 0..<3 as Range<Int64> { _ = host.admit(call(offset), moment(0)) }
        #expect((0..<3).map { _ in host.takeNext()?.schedule.position.offset } == [0, 1, 2])
    }

    @Test func `five failures in a row break it, and what is due is put off in order`() {
        let host = broken()
        #expect(host.state == .broken(until: time(2_000), pause: 1_000))
        let times = [10, 12, 11].map { time(of: host.admit(call($0), moment(1_500))) }
        #expect(times == [2_000, 2_000, 2_001])
        #expect(host.takeNext() == nil)
    }

    @Test func `what waits when it breaks is put off`() {
        let host = Host()
        for offset in 0..<8 as Range<Int64> { _ = host.admit(call(offset), moment(1_000)) }
        for _ in 0..<4 { _ = host.takeNext() }
        for _ in 0..<4 { #expect(!host.failed(time(1_000))) }
        _ = host.takeNext()
        #expect(host.failed(time(1_000)))
        let putOff = host.putOffQueue(moment(1_000))
        #expect(putOff.map(\.call.schedule.position.offset) == [5, 6, 7])
        #expect(putOff.map(\.time.rawValue) == [2_000, 2_000, 2_000])
        #expect(host.queuedCount == 0)
    }

    @Test func `after the pause one request tries it, and each failure doubles the pause`() {
        let host = broken()
        #expect(host.admit(call(10), moment(2_000)) == .accepted)
        #expect(time(of: host.admit(call(11), moment(2_000))) != nil)
        _ = host.takeNext()
        #expect(!host.failed(time(2_500)))
        #expect(host.state == .broken(until: time(4_500), pause: 2_000))
        var now: Int64 = 4_500
        for _ in 0..<10 {
            #expect(host.admit(call(12), moment(now)) == .accepted)
            _ = host.takeNext()
            _ = host.failed(time(now))
            guard case .broken(let until, let pause) = host.state else {
                Issue.record("not broken")
                return
            }
            #expect(pause <= 60_000)
            now = until.milliseconds
        }
    }

    @Test func `a success mends it`() {
        let host = broken()
        _ = host.admit(call(10), moment(2_000))
        _ = host.takeNext()
        #expect(host.answered())
        #expect(host.state == .working(failures: 0))
        #expect(host.admit(call(11), moment(2_100)) == .accepted)
    }

    @Test func `the longer it is broken, the longer its schedules are left alone`() {
        let host = broken()
        _ = host.admit(call(10), moment(401_000))
        _ = host.takeNext()
        _ = host.failed(time(401_000))
        #expect(time(of: host.admit(call(11), moment(401_000))) == 501_000)
        #expect(time(of: host.admit(call(12), moment(9_000_000))) == nil)
    }

    @Test func `a wall clock that is a day ahead for three seconds does not make it rest for a day`() {
        let day: Int64 = 86_400_000
        let host = Host()
        for offset in 0..<5 as Range<Int64> {
            #expect(host.admit(call(offset), moment(1_000, ahead: day)) == .accepted)
            host.takeNext()
            host.failed(time(1_000))
        }
        #expect(time(of: host.admit(call(10), moment(1_500, ahead: day))) == day + 2_000)
        // The clock is set right.
        #expect(time(of: host.admit(call(11), moment(1_600))) == 2_000)
        #expect(host.admit(call(12), moment(2_000)) == .accepted)
        host.takeNext()
        #expect(host.answered())
        #expect(host.isIdle(time(4_000)))
    }

    @Test func `a wall clock that is set back does not prolong the pause`() {
        let host = broken()
        #expect(time(of: host.admit(call(10), moment(1_500, ahead: -86_400_000))) == 2_000 - 86_400_000)
        #expect(host.admit(call(11), moment(2_000, ahead: -86_400_000)) == .accepted)
    }

    @Test func `a full queue puts off, by number and by bytes`() {
        var host = Host()
        for offset in 0..<2_000 as Range<Int64> { #expect(host.admit(call(offset), moment(0)) == .accepted) }
        #expect(time(of: host.admit(call(2_000), moment(0))) == 1_000)
        host = Host()
        for offset in 0..<17 as Range<Int64> {
            #expect((host.admit(call(offset, bytes: 1 << 20), moment(0)) == .accepted) == (offset < 16))
        }
    }

    @Test func `an owner's calls can be taken back`() {
        var host = Host()
        for offset in 0..<6 as Range<Int64> { _ = host.admit(call(offset, owner: UInt32(offset % 2)), moment(0)) }
        #expect(host.removeQueued(of: 1).map(\.schedule.position.offset) == [1, 3, 5])
        #expect(host.queuedCount == 3)
        // The one that would have tried the host among them: the next one tries.
        host = broken()
        #expect(host.admit(call(10), moment(2_000)) == .accepted)
        #expect(host.removeQueued(of: 1).count == 1)
        #expect(host.admit(call(11), moment(2_000)) == .accepted)
    }

    @Test func `it can be forgotten once nothing matters any more`() {
        #expect(Host().isIdle(time(1)))
        let host = broken()
        #expect(!host.isIdle(time(3_000)))
        #expect(host.isIdle(time(400_000)))
    }
}
