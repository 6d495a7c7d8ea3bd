import HTTPTypes
import NIOCore
import Scheduling
import Testing

@testable import ClockworkAPI

/// What somebody is told who waits for a request, by what the store shows once its owner has come past it.
@Suite struct DefiniteAnswerTests {
    private static let time = EpochMilliseconds(rawValue: 1_700_000_000_000)
    private static let place = IntakeProducer.Place(partition: 1, offset: 7)

    private static func standing(
        _ status: ScheduleStatus,
        partition: Int32 = 1,
        time: EpochMilliseconds = time,
        ordering: String = "cust-1"
    ) -> Standing {
        Standing(
            status: status,
            partition: partition,
            position: Position(time: time, offset: 3),
            orderingKey: ordering,
            target: .topic("t")
        )
    }

    private static func create(ordering: String = "cust-1", isNamed: Bool = true) -> PreparedRequest {
        PreparedRequest(
            key: ScheduleKey(clientID: "c", scheduleKey: "k"),
            record: IntakeProducer.Record(key: ordering, value: ByteBuffer(), headers: RecordHeaders(), partition: nil),
            created: standing(.pending, ordering: ordering),
            time: time,
            namesOrderingKey: isNamed
        )
    }

    private static func cancel(ordering: String) -> PreparedRequest {
        var cancel = create(ordering: ordering)
        (cancel.created, cancel.time) = (nil, nil)
        return cancel
    }

    /// The status code, and the problem's name or the schedule's status.
    private static func answer(_ request: PreparedRequest, _ standing: Standing?) -> String {
        guard let answer = ScheduleCalls.definiteAnswer(.changedNothing(standing), request, place) else {
            return "none"
        }
        let names = ["other-ordering-key", "not-pending", "unknown-schedule"] + ScheduleStatus.allCases.map(\.rawValue)
        return "\(answer.status.code) \(names.first(where: answer.body.contains) ?? answer.body)"
    }

    @Test func `a create that repeats what was carried out is told so`() {
        for standing in [Self.standing(.executed), Self.standing(.executed, partition: 2)] {
            #expect(Self.answer(Self.create(), standing) == "200 EXECUTED")
            // Without an ordering key it means that schedule, and was written to where the schedule key leads.
            #expect(Self.answer(Self.create(ordering: "k", isNamed: false), standing) == "200 EXECUTED")
        }
        #expect(Self.answer(Self.create(), Self.standing(.pending)) == "200 PENDING")
    }

    @Test(arguments: [1, 2] as [Int32])
    func `a repeat that names another ordering key is not answered as if it had been carried out`(partition: Int32) {
        let executed = Self.standing(.executed, partition: partition)
        #expect(Self.answer(Self.create(ordering: "cust-2"), executed) == "409 other-ordering-key")
    }

    /// Another pod may have a narrower policy: the create is a dead letter then.
    @Test(arguments: ScheduleStatus.allCases)
    func `what came of an earlier request is no answer to a create that was not accepted`(status: ScheduleStatus) {
        let earlier = Self.standing(status, time: EpochMilliseconds(rawValue: Self.time.rawValue - 1))
        #expect(Self.answer(Self.create(), earlier) == "none")
    }

    @Test func `a create that changed nothing for a key that was cancelled or has failed was not accepted`() {
        for status in [ScheduleStatus.cancelled, .failed] {
            #expect(Self.answer(Self.create(), Self.standing(status)) == "none")
        }
        #expect(Self.answer(Self.create(), nil) == "none")
        #expect(Self.answer(Self.create(), Self.standing(.pending, partition: 2)) == "none", "it has taken over")
    }

    @Test func `a cancel is told what it found`() {
        let pending = Self.standing(.pending)
        #expect(Self.answer(Self.cancel(ordering: "cust-1"), pending) == "none")
        #expect(Self.answer(Self.cancel(ordering: "cust-2"), pending) == "409 other-ordering-key")
        #expect(Self.answer(Self.cancel(ordering: "cust-2"), Self.standing(.cancelled)) == "200 CANCELLED")
        #expect(Self.answer(Self.cancel(ordering: "cust-1"), Self.standing(.executed)) == "409 not-pending")
        #expect(Self.answer(Self.cancel(ordering: "cust-1"), nil) == "404 unknown-schedule")
    }
}
