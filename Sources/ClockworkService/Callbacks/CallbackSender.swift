internal import DequeModule
internal import HTTPTransport
internal import Logging
internal import PrometheusMetrics
internal import Scheduling

/// Makes callbacks over HTTP and tells what became of them, beside the deliveries to topics and never in their way.
///
/// Belongs to the pod and is used on its event loop only; the HTTP client has a thread of its own. Hosts take turns, each
/// within its share (see `CallbackHost`), so that none delays another. What cannot be sent now is put off, which makes a
/// durable schedule of it: memory holds what is in flight and a bounded queue for each host.
final class CallbackSender {
    /// Whose an ordering key is.
    struct OrderingKey: Hashable {
        var owner: UInt32
        var key: String
    }

    /// A callback that has been handed out.
    struct Call {
        var owner: UInt32
        var partition: Int32
        var token: UInt32
        var schedule: Schedule
        var target: CallbackTarget
        var wasDueOnArrival: Bool

        var bytes: Int { schedule.payload?.count ?? 0 }
        var orderingKey: OrderingKey { OrderingKey(owner: owner, key: schedule.orderingKey) }
    }

    /// What became of callbacks, by owner, gathered until the pod takes it.
    struct Outcome {
        var delivered: [UInt32: [UInt32]] = [:]
        var failed: [UInt32: [(token: UInt32, failure: DeliveryFailure)]] = [:]
        var putOff: [UInt32: [Postponement]] = [:]

        var isEmpty: Bool { delivered.isEmpty && failed.isEmpty && putOff.isEmpty }
    }

    private struct Exchange {
        var call: Call
        var origin: String
        var id: HTTPClient.ExchangeID
        var began: ContinuousClock.Instant
    }

    private let client: HTTPClient
    private let settings: CallbackSettings
    private let request: CallbackRequest
    private let mailbox: CallbackMailbox
    private let logger: Logger
    private var metrics: CallbackMetrics

    private var hosts: [String: CallbackHost] = [:]
    /// Those of them that are left alone or tried again.
    private var pausedHosts = 0
    private var nextSweep = CallbackSender.sweepAt
    /// Hosts that have something to send and a place free, in turn.
    private var turns: Deque<String> = []
    private var exchanges: [UInt64: Exchange] = [:]
    private var lastNumber: UInt64 = 0
    /// The owners that are still there.
    private var owners: Set<UInt32> = []
    /// When the calls of owners that drain are given up.
    private var drains: [UInt32: EpochMilliseconds] = [:]
    private var outcome = Outcome()

    /// How long an owner that drains waits for the calls in flight, in milliseconds: less than the drain itself takes.
    private static let drainPatience: Int64 = 3_000
    /// How many hosts are kept before those are forgotten of which nothing matters any more: their names come from
    /// outside, and there is no end to them.
    private static let sweepAt = 1_000

    init(
        client: HTTPClient,
        settings: CallbackSettings,
        recordID: RecordID,
        metrics: MetricsRegistry,
        logger: Logger,
        wake: @escaping @Sendable () -> Void
    ) {
        self.client = client
        self.settings = settings
        self.logger = logger
        self.metrics = CallbackMetrics(metrics)
        request = CallbackRequest(recordID: recordID, secrets: settings.secrets)
        mailbox = CallbackMailbox(wake: wake)
    }

    // MARK: Owners

    /// An owner may send from now on.
    func begin(owner: UInt32) {
        owners.insert(owner)
    }

    /// An owner drains: what waits is put off, what is in flight has a moment to end.
    func drain(owner: UInt32, now: EpochMilliseconds) {
        drains[owner] = now.advanced(byMilliseconds: Self.drainPatience)
        for origin in hosts.keys {
            for call in hosts[origin]?.removeQueued(of: owner) ?? [] { putOff(call, to: now, failure: nil) }
        }
    }

    /// An owner is gone, and what it has begun is given up: the partition's next owner does it again.
    func end(owner: UInt32) {
        owners.remove(owner)
        drains[owner] = nil
        for origin in hosts.keys { _ = hosts[origin]?.removeQueued(of: owner) }
        for exchange in exchanges.values where exchange.call.owner == owner { client.cancel(exchange.id) }
    }

    // MARK: Sending

    /// Makes a callback when its host's turn comes, or puts it off.
    func send(_ call: Call, now: EpochMilliseconds) {
        if let refusal = settings.policy.refusal(of: call.target.url) {
            return fail(call, "\(call.target.url.origin) \(refusal)")
        }
        sweep(now)
        let origin = call.target.url.origin
        switch hosts[origin, default: CallbackHost()].admit(call, now) {
        case .accepted: list(origin)
        case .putOff(let time): putOff(call, to: time, failure: nil)
        }
    }

    /// What became of callbacks since the last call. Begins what has its turn, if it may.
    func takeOutcome(now: EpochMilliseconds, maySend: Bool) -> Outcome {
        for letter in mailbox.takeAll() { conclude(letter, now) }
        giveUpDrained(now)
        if maySend { startCalls(now) }
        metrics.publish(inFlight: exchanges.count, pausedHosts: pausedHosts)
        defer { outcome = Outcome() }
        return outcome
    }

    /// When there is something to do without anything arriving.
    var wakeAt: EpochMilliseconds? {
        if !outcome.isEmpty || !turns.isEmpty && exchanges.count < settings.maximumInFlight { return .zero }
        return drains.values.min()
    }

    /// Gives up whatever is in flight.
    func close() {
        client.close()
    }

    private func list(_ origin: String) {
        guard let host = hosts[origin], host.canStart, !host.isListed else { return }
        hosts[origin]?.isListed = true
        turns.append(origin)
    }

    private func startCalls(_ now: EpochMilliseconds) {
        while exchanges.count < settings.maximumInFlight, let origin = turns.popFirst() {
            hosts[origin]?.isListed = false
            guard let call = hosts[origin]?.takeNext() else { continue }
            start(call, origin, now)
            list(origin)
        }
    }

    private func start(_ call: Call, _ origin: String, _ now: EpochMilliseconds) {
        lastNumber += 1
        let number = lastNumber
        let mailbox = mailbox
        let id = client.start(request.make(call.schedule, call.target, partition: call.partition, now: now)) { result in
            mailbox.post((number, result))
        }
        metrics.called(origin)
        exchanges[number] = Exchange(call: call, origin: origin, id: id, began: .now)
    }

    private func giveUpDrained(_ now: EpochMilliseconds) {
        for (owner, deadline) in drains where deadline <= now {
            drains[owner] = nil
            for exchange in exchanges.values where exchange.call.owner == owner { client.cancel(exchange.id) }
        }
    }

    private func sweep(_ now: EpochMilliseconds) {
        guard hosts.count >= nextSweep else { return }
        hosts = hosts.filter { !$0.value.isIdle(now) || $0.value.isListed }
        pausedHosts = hosts.values.count { $0.isPaused }
        nextSweep = max(Self.sweepAt, 2 * hosts.count)
    }

    // MARK: Ends

    private func conclude(_ letter: CallbackMailbox.Letter, _ now: EpochMilliseconds) {
        guard let exchange = exchanges.removeValue(forKey: letter.number) else { return }
        let call = exchange.call
        let origin = exchange.origin
        let verdict = CallbackVerdict(
            letter.result,
            timeoutMilliseconds: call.target.timeoutMilliseconds,
            now: now
        )
        if verdict != .notMade { metrics.attempted(origin, took: exchange.began.duration(to: .now)) }
        switch verdict {
        case .delivered:
            tellAnswered(origin)
            deliver(call, now)
        case .failed(let reason):
            tellAnswered(origin)
            fail(call, "\(origin) \(reason) at attempt \(call.schedule.attempt) of \(call.target.retry.maxAttempts).")
        case .retry(let reason, let retryAfter):
            tellFailed(origin, reason, now)
            retry(call, reason, retryAfter, now)
        case .notMade:
            hosts[origin]?.givenUp()
            putOff(call, to: now, failure: nil)
        }
        list(origin)
    }

    private func deliver(_ call: Call, _ now: EpochMilliseconds) {
        guard isOwned(call) else { return }
        outcome.delivered[call.owner, default: []].append(call.token)
        metrics.ended(call.target.url.origin, .delivered)
        // Of one that was put off or retried it is not known any more whether it was due on arrival.
        if !call.wasDueOnArrival, call.schedule.retry == nil {
            metrics.late(by: now.rawValue - call.schedule.scheduleTime.rawValue)
        }
    }

    private func retry(_ call: Call, _ reason: String, _ retryAfter: Int64?, _ now: EpochMilliseconds) {
        let policy = call.target.retry
        let attempt = call.schedule.attempt
        guard attempt < policy.maxAttempts else {
            return fail(call, "\(call.target.url.origin) \(reason) at attempt \(attempt) of \(policy.maxAttempts).")
        }
        // Full jitter, so that what failed together does not come back together.
        let backoff = Int64.random(in: 0...policy.backoffMilliseconds(afterAttempt: attempt))
        let wanted = min(retryAfter ?? 0, policy.maxBackoffMilliseconds)
        putOff(call, to: now.advanced(byMilliseconds: max(backoff, wanted, 1)), failure: reason)
    }

    private func putOff(_ call: Call, to time: EpochMilliseconds, failure: String?) {
        guard isOwned(call) else { return }
        outcome.putOff[call.owner, default: []].append(Postponement(token: call.token, time: time, failure: failure))
        metrics.ended(call.target.url.origin, failure == nil ? .putOff : .retried)
    }

    private func fail(_ call: Call, _ detail: String) {
        guard isOwned(call) else { return }
        let failure = DeliveryFailure(code: .callbackFailed, detail: detail)
        outcome.failed[call.owner, default: []].append((call.token, failure))
        metrics.ended(call.target.url.origin, .failed)
    }

    private func isOwned(_ call: Call) -> Bool { owners.contains(call.owner) }

    private func tellAnswered(_ origin: String) {
        guard hosts[origin]?.answered() == true else { return }
        pausedHosts -= 1
        logger.info("callbacks go on", metadata: ["host": "\(origin)"])
    }

    private func tellFailed(_ origin: String, _ reason: String, _ now: EpochMilliseconds) {
        guard hosts[origin]?.failed(now) == true else { return }
        pausedHosts += 1
        logger.warning("callbacks pause: the host keeps failing", metadata: ["host": "\(origin)", "last": "\(reason)"])
        for (call, time) in hosts[origin]?.putOffQueue(now) ?? [] { putOff(call, to: time, failure: nil) }
    }
}
