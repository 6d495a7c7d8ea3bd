internal import HTTPTransport
internal import Logging
internal import PrometheusMetrics
internal import Runtime
internal import Scheduling

/// Makes callbacks over HTTP and reports their outcomes, beside the deliveries to topics and never in their way.
///
/// Belongs to the pod and is used on its event loop only; the HTTP client has a thread of its own. Ordered callbacks
/// hold back those behind them (see `CallbackOrder`). Hosts take turns, and so do the endpoints of each (see
/// `CallbackHost`), so none delays another. A call that cannot be sent now is put off, as a durable schedule. Memory
/// holds the calls in flight, and a bounded number of those that wait for a host or for their order.
final class CallbackChannel: DeliveryChannel {
    private struct Exchange {
        var call: CallbackCall
        var id: HTTPClient.ExchangeID
        var place: CallbackEndpoint.Standing
        var began: ContinuousClock.Instant
    }

    private let client: HTTPClient
    private let settings: CallbackSettings
    private let request: CallbackRequest
    /// The end of an exchange, by the number of its call.
    private typealias Letter = (number: UInt64, result: Result<HTTPResponse, HTTPTransportError>)
    /// Where the HTTP client's thread leaves the ends of exchanges.
    private let mailbox: Inbox<Letter>
    private var letters: [Letter] = []
    private let logger: Logger
    private var metrics: CallbackMetrics

    private var hosts: CallbackHosts
    private var doubt = ClockDoubt()
    private var held = HeldPutOffs()
    private var exchanges: [UInt64: Exchange] = [:]
    private var lastNumber: UInt64 = 0
    /// The owners that still exist.
    private var owners: [UInt32: CallbackOwner] = [:]
    private var outcome = DeliveryOutcome()
    /// Whether the last outcome taken was empty.
    private var lastWasEmpty = true
    /// Whether the pod was sure of its place when it last asked.
    private var maySend = false

    init(
        client: HTTPClient,
        settings: CallbackSettings,
        deliveredHeaders: DeliveredHeaders,
        metrics: MetricsRegistry,
        logger: Logger,
        wake: @escaping @Sendable () -> Void
    ) {
        self.client = client
        self.settings = settings
        self.logger = logger
        self.metrics = CallbackMetrics(metrics)
        hosts = CallbackHosts(maximumInFlight: settings.maximumInFlight)
        request = CallbackRequest(deliveredHeaders: deliveredHeaders, secrets: settings.secrets)
        mailbox = Inbox(wake: wake)
    }

    // MARK: Owners

    func begin(owner: UInt32) {
        owners[owner] = CallbackOwner()
    }

    func drain(owner: UInt32, now: Moment) {
        guard owners[owner] != nil else { return }
        look(now)
        perform(owners[owner]?.drain(hosts.removeQueued(of: owner), now: now) ?? [], now)
        for entry in held.take(of: owner) { tell(entry, now) }
    }

    func end(owner: UInt32) {
        owners[owner] = nil
        _ = hosts.removeQueued(of: owner)
        _ = held.take(of: owner)
        cancelExchanges(of: owner)
    }

    /// The calls in flight of an owner end soon, as not made.
    private func cancelExchanges(of owner: UInt32) {
        for exchange in exchanges.values where exchange.call.sender.owner == owner { client.cancel(exchange.id) }
    }

    private func giveUpDrained(_ now: Uptime) {
        for (number, owner) in owners {
            guard let end = owner.drainEnd, end <= now else { continue }
            owners[number]?.stopWaiting()
            cancelExchanges(of: number)
        }
    }

    // MARK: Sending

    func send(_ delivery: Delivery, of sender: Sender, now: Moment) {
        guard case .callback(let target) = delivery.schedule.target else {
            preconditionFailure("a delivery to a topic is not made over HTTP")
        }
        look(now)
        let call = CallbackCall(sender: sender, delivery: delivery, target: target)
        if let refusal = settings.policy.refusal(of: target.url) {
            owners[sender.owner]?.handedOut()
            return fail(call, "\(call.host) \(refusal)", now)
        }
        perform(owners[sender.owner]?.admit(call, now: now) ?? [], now)
    }

    func collect() { letters += mailbox.takeAll() }

    func takeOutcome(now: Moment) -> DeliveryOutcome {
        look(now)
        for letter in letters { conclude(letter, now) }
        letters.removeAll()
        for entry in held.takeOver(now.uptime) { tell(entry, now) }
        giveUpDrained(now.uptime)
        maySend = now.isSure
        if maySend { startCalls(now) }
        // One more outcome follows each that is not empty: its owners have then been told.
        if !outcome.isEmpty || !lastWasEmpty {
            for owner in owners.keys { owners[owner]?.outcomeTaken() }
        }
        lastWasEmpty = outcome.isEmpty
        defer { outcome = DeliveryOutcome() }
        return outcome
    }

    var wakeAt: Uptime? {
        if !outcome.isEmpty || maySend && hosts.hasTurn { return .zero }
        let held = held.firstEnd.map { [$0, doubt.end ?? $0] } ?? []
        return (owners.values.compactMap(\.drainEnd) + held).min()
    }

    func publishMetrics() {
        metrics.publish(inFlight: exchanges.count, pausedHosts: hosts.pausedCount)
    }

    func close() {
        client.close()
    }

    /// Carries out decisions about callbacks and those behind them.
    private func perform(_ decisions: [CallbackOwner.Decision], _ now: Moment) {
        for decision in decisions {
            switch decision {
            case .attempt(let call):
                if case .putOff(let time) = hosts.admit(call, now) { putOff(call, to: time, failure: nil, now) }
            case .putOff(let call, let time):
                putOff(call, to: time, failure: nil, isOrdered: true, now)
            }
        }
    }

    private func startCalls(_ now: Moment) {
        while let (call, place) = hosts.takeNext() { start(call, place, now) }
    }

    private func start(_ call: CallbackCall, _ place: CallbackEndpoint.Standing, _ now: Moment) {
        lastNumber += 1
        let number = lastNumber
        let mailbox = mailbox
        let request = request.make(call.schedule, call.target, partition: call.sender.partition, now: now.wall)
        let id = client.start(request) { mailbox.post((number, $0)) }
        metrics.called(call.host)
        exchanges[number] = Exchange(call: call, id: id, place: place, began: .now)
    }

    // MARK: Ends

    private func conclude(_ letter: Letter, _ now: Moment) {
        guard let exchange = exchanges.removeValue(forKey: letter.number) else { return }
        let call = exchange.call
        let verdict = CallbackVerdict(
            letter.result,
            timeoutMilliseconds: call.target.timeoutMilliseconds,
            now: now.wall
        )
        if verdict != .notMade { metrics.attempted(call.host, took: exchange.began.duration(to: .now)) }
        switch verdict {
        case .delivered:
            noteAnswered(exchange)
            deliver(call, now)
        case .failed(let reason):
            noteAnswered(exchange)
            failAttempt(call, reason, now)
        case .retry(let reason, let retryAfter):
            noteFailed(exchange, reason, now)
            retry(call, reason, retryAfter, now)
        case .notMade:
            hosts.givenUp(call, exchange.place)
            putOff(call, to: now.wall, failure: nil, now)
        }
    }

    private func noteAnswered(_ exchange: Exchange) {
        let host = exchange.call.host
        let wasPaused = hosts.isPaused(host)
        hosts.answered(exchange.call, exchange.place)
        if wasPaused, !hosts.isPaused(host) { logger.info("callbacks resumed", metadata: ["host": "\(host)"]) }
    }

    private func noteFailed(_ exchange: Exchange, _ reason: String, _ now: Moment) {
        let host = exchange.call.host
        let wasPaused = hosts.isPaused(host)
        let queued = hosts.failed(exchange.call, exchange.place, now)
        if !wasPaused, hosts.isPaused(host) {
            logger.warning(
                "callbacks paused: a path of the host keeps failing",
                metadata: ["host": "\(host)", "last": "\(reason)"]
            )
        }
        for (call, time) in queued { putOff(call, to: time, failure: nil, now) }
    }

    private func deliver(_ call: CallbackCall, _ now: Moment) {
        guard isOwned(call) else { return }
        outcome.delivered[call.sender.owner, default: []].append(call.token)
        metrics.ended(call.host, .delivered)
        // After a put-off or a retry it is no longer known whether a call was due on arrival.
        if !call.wasDueOnArrival, call.schedule.retry == nil {
            metrics.late(by: now.wall.rawValue - call.schedule.scheduleTime.rawValue)
        }
        perform(owners[call.sender.owner]?.ended(call) ?? [], now)
    }

    private func retry(_ call: CallbackCall, _ reason: String, _ retryAfter: Int64?, _ now: Moment) {
        let policy = call.target.retry
        let attempt = call.schedule.attempt
        guard attempt < policy.maxAttempts else { return failAttempt(call, reason, now) }
        // Full jitter, so that calls that failed together do not come back together.
        let backoff = Int64.random(in: 0...policy.backoffMilliseconds(afterAttempt: attempt))
        // Retry-After is a minimum, and the wall clock is rounded down.
        let time = now.wall.advanced(byMilliseconds: max(backoff, retryAfter.map { $0 + 1 } ?? 1))
        putOff(call, to: time, failure: reason, now)
    }

    private func look(_ now: Moment) {
        // The wall clock of a pod that is not sure of its place stands still, which is not a step.
        guard now.isSure else { return }
        let wasInDoubt = doubt.end != nil
        doubt.look(now)
        guard wasInDoubt, doubt.end == nil else { return }
        for entry in held.take() { tell(entry, now) }
    }

    /// Puts a call off, or holds it while the clock is in doubt.
    ///
    /// - Parameter isOrdered: whether the order of the owner's callbacks knows the call.
    private func putOff(
        _ call: CallbackCall,
        to time: EpochMilliseconds,
        failure: String?,
        isOrdered: Bool = false,
        _ now: Moment
    ) {
        let end = now.uptime.advanced(byMilliseconds: time.rawValue - now.wall.rawValue)
        let entry = HeldPutOffs.Entry(call: call, end: end, failure: failure, isOrdered: isOrdered)
        if doubt.end == nil {
            tell(entry, time, now)
        } else if owners[call.sender.owner]?.isDraining ?? true {
            tell(entry, now)
        } else if held.hasRoom {
            held.add(entry)
        } else {
            tell(entry, time, now)
        }
    }

    /// Reports a put-off to the scheduler; the rest of the pause begins now. While the clock is in doubt, the earlier
    /// clock counts: better a little too soon than a day late.
    private func tell(_ entry: HeldPutOffs.Entry, _ now: Moment) {
        let pause = max(0, entry.end.milliseconds - now.uptime.milliseconds)
        tell(entry, doubt.time(now).advanced(byMilliseconds: pause), now)
    }

    private func tell(_ entry: HeldPutOffs.Entry, _ time: EpochMilliseconds, _ now: Moment) {
        let call = entry.call
        guard isOwned(call) else { return }
        outcome.putOff[call.sender.owner, default: []].append(
            Postponement(token: call.token, time: time, failure: entry.failure)
        )
        metrics.ended(call.host, entry.failure == nil ? .putOff : .retried)
        if entry.isOrdered {
            owners[call.sender.owner]?.wasPutOff()
        } else {
            perform(owners[call.sender.owner]?.putOff(call, to: time) ?? [], now)
        }
    }

    private func failAttempt(_ call: CallbackCall, _ reason: String, _ now: Moment) {
        let attempts = "attempt \(call.schedule.attempt) of \(call.target.retry.maxAttempts)"
        fail(call, "\(call.host) \(reason) at \(attempts).", now)
    }

    private func fail(_ call: CallbackCall, _ detail: String, _ now: Moment) {
        guard isOwned(call) else { return }
        let failure = DeliveryFailure(code: .callbackFailed, detail: detail)
        outcome.failed[call.sender.owner, default: []].append((call.token, failure))
        metrics.ended(call.host, .failed)
        perform(owners[call.sender.owner]?.ended(call) ?? [], now)
    }

    private func isOwned(_ call: CallbackCall) -> Bool { owners[call.sender.owner] != nil }
}
