import Runtime
import Scheduling
import Testing

@testable import ClockworkService

@Suite struct CallbackOwnerTests {
    private func call(_ offset: Int64, ordered: Bool = false, orderingKey: String = "o") throws -> CallbackCall {
        let target = CallbackTarget(url: try #require(CallbackURL("https://a.test/")), isOrdered: ordered)
        let schedule = Schedule(
            key: ScheduleKey(clientID: "c", scheduleKey: "\(offset)"),
            position: Position(time: EpochMilliseconds(rawValue: 100), offset: offset),
            orderingKey: orderingKey,
            target: .callback(target),
            payload: nil,
            headers: RecordHeaders()
        )
        let delivery = Delivery(token: UInt32(offset), schedule: schedule)
        return CallbackCall(sender: Sender(owner: 1, partition: 0), delivery: delivery, target: target)
    }

    private let now = Moment(wall: EpochMilliseconds(rawValue: 70_000), uptime: Uptime(milliseconds: 1_000))

    /// What is put off by these decisions, and to when.
    private func putOff(_ decisions: [CallbackOwner.Decision]) -> [Int64: Int64] {
        var times: [Int64: Int64] = [:]
        for case .putOff(let call, let time) in decisions { times[call.schedule.position.offset] = time.rawValue }
        return times
    }

    /// An owner that has as many calls in hand as it may have, the first of them ordered.
    private func full() throws -> CallbackOwner {
        var owner = CallbackOwner()
        _ = owner.admit(try call(0, ordered: true), now: now)
        for offset in 1..<Int64(CallbackOwner.maximumCalls) {
            let decisions = owner.admit(try call(offset, orderingKey: "other"), now: now)
            #expect(putOff(decisions).isEmpty)
        }
        return owner
    }

    @Test func `what is due past the bound is put off by a second, in order`() throws {
        var owner = try full()
        #expect(putOff(owner.admit(try call(9_001), now: now)) == [9_001: 71_000])
        #expect(putOff(owner.admit(try call(9_000), now: now)) == [9_000: 71_001])
        owner.wasPutOff()
        owner.wasPutOff()
        #expect(owner.callCount == CallbackOwner.maximumCalls)
        _ = owner.ended(try call(1, orderingKey: "other"))
        #expect(putOff(owner.admit(try call(9_002, orderingKey: "other"), now: now)).isEmpty)
    }

    @Test func `an ordered one past the bound holds back what is behind it`() throws {
        var owner = try full()
        #expect(putOff(owner.admit(try call(9_000, ordered: true, orderingKey: "p"), now: now)) == [9_000: 71_000])
        owner.wasPutOff()
        _ = owner.putOff(try call(1, orderingKey: "other"), to: now.wall)
        #expect(putOff(owner.admit(try call(9_001, orderingKey: "p"), now: now)) == [9_001: 71_000])
    }

    @Test func `an owner that drains puts off what is queued and what waits, in the order of the creates`() throws {
        var owner = CallbackOwner()
        let queued = [try call(3, orderingKey: "p"), try call(1, orderingKey: "p")]
        for call in queued { _ = owner.admit(call, now: now) }
        for offset in [0, 4, 2] as [Int64] { _ = owner.admit(try call(offset, ordered: offset == 0), now: now) }
        let decisions = owner.drain(queued, now: now)
        #expect(putOff(decisions) == [1: 70_000, 2: 70_000, 3: 70_000, 4: 70_000])
        #expect(owner.drainEnd == Uptime(milliseconds: 1_000 + CallbackOwner.drainPatience))
        #expect(putOff(owner.admit(try call(5), now: now)) == [5: 70_000])
        owner.stopWaiting()
        #expect(owner.drainEnd == nil)
        #expect(putOff(owner.admit(try call(6), now: now)) == [6: 70_000])
    }
}
