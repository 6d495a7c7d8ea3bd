import Scheduling

@testable import ClockworkService

extension CallbackCall {
    /// A call of the create at `offset` to a path of one host.
    static func example(
        _ offset: Int64,
        path: String = "/",
        attempt: Int32 = 1,
        bytes: Int = 0,
        owner: UInt32 = 1,
        host: String = "a.test"
    ) -> CallbackCall {
        guard let url = CallbackURL("https://\(host)\(path)") else { preconditionFailure("not a URL: \(path)") }
        let target = CallbackTarget(url: url)
        let schedule = Schedule(
            key: ScheduleKey(clientID: "c", scheduleKey: "k\(offset)"),
            position: Position(time: .zero, offset: offset),
            orderingKey: "o",
            target: .callback(target),
            payload: [UInt8](repeating: 0, count: bytes),
            headers: RecordHeaders(),
            retry: attempt > 1 ? Retry(scheduleTime: .zero, attempt: attempt, failure: "answered 503") : nil
        )
        let delivery = Delivery(token: 0, schedule: schedule)
        return CallbackCall(sender: Sender(owner: owner, partition: 0), delivery: delivery, target: target)
    }

    /// The offset of its create.
    var offset: Int64 { schedule.position.offset }
}
