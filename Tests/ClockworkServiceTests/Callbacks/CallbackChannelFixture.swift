import HTTPTransport
import Logging
import PrometheusMetrics
import Runtime
import Scheduling
import Testing

@testable import ClockworkService

/// A callback channel and what it is woken by, used on the test's own task. What it reports is gathered; the test is the
/// scheduler, and hands schedules out again itself.
final class CallbackChannelFixture {
    let channel: CallbackChannel
    let registry = MetricsRegistry(Metric.all)
    private var wakes: AsyncStream<Void>.Iterator
    /// All that was reported so far.
    var outcome = DeliveryOutcome()
    /// What was handed out last, by token.
    private var schedules: [UInt32: Schedule] = [:]
    /// What the clocks show. They stand still unless the test changes them.
    private(set) var now = Moment(wall: WallClock.now(), uptime: Uptime(milliseconds: 1_000_000))

    init(_ change: (inout CallbackSettings) -> Void = { _ in }) throws {
        var settings = CallbackSettings()
        settings.policy = CallbackPolicy(allowsPrivate: true)
        change(&settings)
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        wakes = stream.makeAsyncIterator()
        channel = CallbackChannel(
            client: try HTTPClient(configuration: settings.httpConfiguration),
            settings: settings,
            deliveredHeaders: DeliveredHeaders(topic: "intake"),
            metrics: registry,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            wake: { continuation.yield() }
        )
        channel.begin(owner: 1)
    }

    deinit { channel.close() }

    /// Time passes.
    func pass(milliseconds: Int64) {
        stepWallClock(byMilliseconds: milliseconds)
        now.uptime = now.uptime.advanced(byMilliseconds: milliseconds)
    }

    /// Somebody sets the wall clock.
    func stepWallClock(byMilliseconds milliseconds: Int64) {
        now.wall = now.wall.advanced(byMilliseconds: milliseconds)
    }

    /// The lines of `/metrics` that begin like this.
    func metrics(_ prefix: String) -> [Substring] {
        channel.publishMetrics()
        return PrometheusText.page(registry.read()).split(separator: "\n").filter { $0.hasPrefix(prefix) }
    }

    /// Hands out a schedule of the create at `offset`, the token's number if none is given.
    func send(
        _ url: String,
        token: UInt32 = 0,
        offset: Int64? = nil,
        attempt: Int32 = 1,
        payload: String = "p",
        timeout: Int64 = 10_000,
        retry: CallbackTarget.RetryPolicy = CallbackTarget.RetryPolicy(),
        method: CallbackTarget.Method = .post,
        ordered: Bool = false
    ) throws {
        let target = CallbackTarget(
            url: try #require(CallbackURL(url)),
            method: method,
            timeoutMilliseconds: timeout,
            retry: retry,
            isOrdered: ordered
        )
        var schedule = Schedule(
            key: ScheduleKey(clientID: "cliënt", scheduleKey: "a b%\(token)"),
            position: Position(time: EpochMilliseconds(rawValue: 77), offset: offset ?? Int64(token)),
            orderingKey: "o",
            target: .callback(target),
            payload: Array(payload.utf8),
            headers: RecordHeaders()
        )
        if attempt > 1 {
            let retry = Retry(scheduleTime: schedule.scheduleTime, attempt: attempt, failure: "answered 503")
            schedule = schedule.again(at: EpochMilliseconds(rawValue: 99), retry: retry)
        }
        handOut(schedule, token: token)
    }

    /// Hands out again what was put off, as the scheduler does when it is due.
    func sendAgain(_ postponement: Postponement) throws {
        let schedule = try #require(schedules[postponement.token])
        let retry = Retry(
            scheduleTime: schedule.scheduleTime,
            attempt: schedule.attempt + (postponement.failure == nil ? 0 : 1),
            failure: postponement.failure ?? ""
        )
        handOut(schedule.again(at: postponement.time, retry: retry), token: postponement.token)
    }

    private func handOut(_ schedule: Schedule, token: UInt32) {
        schedules[token] = schedule
        let delivery = Delivery(token: token, schedule: schedule)
        channel.send(delivery, of: Sender(owner: 1, partition: 3), now: now)
    }

    func take() {
        channel.collect()
        let new = channel.takeOutcome(now: now)
        outcome.delivered.merge(new.delivered) { $0 + $1 }
        outcome.failed.merge(new.failed) { $0 + $1 }
        outcome.putOff.merge(new.putOff) { $0 + $1 }
    }

    /// Works until `isDone`, each time that there is something new.
    func work(until isDone: () -> Bool) async {
        take()
        while !isDone() {
            if channel.wakeAt == nil { await wakes.next() }
            take()
        }
    }

    /// Takes what was put off so far out of the outcome, in the order in which it comes again.
    func takePutOff() -> [Postponement] {
        let postponements = outcome.putOff.removeValue(forKey: 1) ?? []
        return postponements.sorted {
            func position(_ postponement: Postponement) -> Position {
                Position(time: postponement.time, offset: schedules[postponement.token]?.position.offset ?? 0)
            }
            return position($0) < position($1)
        }
    }
}
