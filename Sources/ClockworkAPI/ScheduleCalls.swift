internal import ClockworkService
internal import HTTPTypes
internal import NIOCore
internal import Scheduling

/// Creates, cancels and tells of schedules: what the calls of the API mean.
struct ScheduleCalls: Sendable {
    let decoder: Scheduling.RequestDecoder
    let producer: IntakeProducer
    let reader: StatusReader

    /// A request that can be written to the intake.
    struct Prepared: Sendable {
        var key: ScheduleKey
        var record: IntakeProducer.Record
        /// The schedule of a create, without its offset; `nil` for a cancel.
        var created: Standing?
        /// The schedule's time, where it is known.
        var time: EpochMilliseconds?
    }

    /// A request that is valid.
    enum Checked: Sendable {
        case ready(Prepared)
        /// A cancel whose partition has to be looked up.
        case cancel(ScheduleKey)
    }

    // MARK: Checking

    /// Checks a body with the code that checks intake records.
    ///
    /// - Parameter action: what is asked for where the body does not say; for a cancel the body may not say otherwise.
    func check(_ body: ByteBuffer, action: RequestAction) throws(Problem) -> Checked {
        let request: Scheduling.Request
        do {
            request = try body.withUnsafeReadableBytes { (bytes) throws(Rejection) in
                try decoder.decode(body: bytes, action: action)
            }
        } catch {
            throw .invalid(error)
        }
        switch request {
        case .create where action == .cancel:
            let error = Rejection.FieldError(field: "action", message: "must be \"cancel\" where it is given")
            let detail = "\(error.field) \(error.message)"
            throw .invalid(Rejection(code: .invalidField, errors: [error], detail: detail))
        case .create(let schedule):
            return .ready(prepare(schedule, body))
        case .cancel(let cancellation):
            guard let orderingKey = cancellation.orderingKey else { return .cancel(cancellation.key) }
            return .ready(Self.cancel(cancellation.key, orderingKey: orderingKey, partition: nil))
        }
    }

    /// Checks the parts of a path with the code that checks intake records.
    func checkKey(clientID: String, scheduleKey: String) throws(Problem) -> ScheduleKey {
        let body = Self.cancelBody(ScheduleKey(clientID: clientID, scheduleKey: scheduleKey), orderingKey: nil)
        guard case .cancel(let key) = try check(body, action: .cancel) else { throw .badPath }
        return key
    }

    /// The body goes to the intake as it came: what has been checked is what the owner reads. The record key stands
    /// for an ordering key it does not name.
    private func prepare(_ schedule: Schedule, _ body: ByteBuffer) -> Prepared {
        Prepared(
            key: schedule.key,
            record: IntakeProducer.Record(key: schedule.orderingKey, value: body, partition: nil),
            created: Standing(
                status: .pending,
                partition: -1,
                position: schedule.position,
                orderingKey: schedule.orderingKey,
                target: schedule.target
            ),
            time: schedule.position.time
        )
    }

    private static func cancel(_ key: ScheduleKey, orderingKey: String, partition: Int32?) -> Prepared {
        Prepared(
            key: key,
            record: IntakeProducer.Record(
                key: orderingKey,
                value: cancelBody(key, orderingKey: orderingKey),
                partition: partition
            ),
            created: nil,
            time: nil
        )
    }

    private static func cancelBody(_ key: ScheduleKey, orderingKey: String?) -> ByteBuffer {
        var object = JSONObject()
        object.add("action", RequestAction.cancel.rawValue)
        object.add("clientId", key.clientID)
        object.add("scheduleKey", key.scheduleKey)
        if let orderingKey { object.add("orderingKey", orderingKey) }
        return ByteBuffer(string: object.text)
    }

    /// Finds the partition and ordering key of the schedule that is to be cancelled.
    func prepareCancel(_ key: ScheduleKey) async throws(Problem) -> Prepared {
        guard let standing = try await standing(of: key) else { throw .unknownSchedule }
        guard standing.status == .pending else { throw .notPending(standing.status) }
        var prepared = Self.cancel(key, orderingKey: standing.orderingKey, partition: standing.partition)
        prepared.time = standing.scheduleTime
        return prepared
    }

    // MARK: Writing

    /// Writes requests to the intake in this order.
    func write(_ requests: [Prepared]) async -> [Result<IntakeProducer.Place, Problem>] {
        let results = await producer.write(requests.map(\.record))
        return zip(requests, results).map { request, result in
            switch result {
            case .success(let place):
                note(request, place)
                return .success(place)
            case .failure(.unreachable): return .failure(.kafkaUnavailable)
            case .failure(.overloaded): return .failure(.tooBusy)
            case .failure(.tooLarge): return .failure(.tooLargeForKafka)
            }
        }
    }

    private func note(_ request: Prepared, _ place: IntakeProducer.Place) {
        var fallback = request.created ?? reader.recents[request.key]?.fallback
        if request.created != nil {
            fallback?.partition = place.partition
            fallback?.position.offset = place.offset
        }
        let entry = RecentRequests.Entry(
            partition: place.partition,
            offset: place.offset,
            isCreate: request.created != nil,
            fallback: fallback
        )
        reader.recents.note(request.key, entry)
    }

    /// Carries out one request and, where that is wished, waits for its outcome.
    func submit(_ request: Checked, wait: Duration?) async throws(Problem) -> Answer {
        let prepared: Prepared
        switch request {
        case .ready(let request): prepared = request
        case .cancel(let key): prepared = try await prepareCancel(key)
        }
        let place = try await write([prepared])[0].get()
        var answer = Answer(.accepted, json: Self.acceptance(prepared, place).text)
        guard let wait else { return answer }
        do throws(ScheduleStoreError) {
            let outcome = try await reader.outcome(
                of: prepared.key,
                at: place,
                isCreate: prepared.created != nil,
                within: wait
            )
            answer = Self.answer(outcome, prepared, place) ?? answer
        } catch {
            // The intake has the request: that the store cannot tell its outcome does not undo it.
        }
        if let name = HTTPField.Name("Preference-Applied") { answer.headers[name] = "wait" }
        return answer
    }

    /// What tells a client that the intake has its request.
    static func acceptance(_ request: Prepared, _ place: IntakeProducer.Place) -> JSONObject {
        var object = JSONObject()
        object.add("clientId", request.key.clientID)
        object.add("scheduleKey", request.key.scheduleKey)
        if let time = request.time { object.add("scheduleTime", time.rawValue) }
        object.add("partition", place.partition)
        object.add("offset", place.offset)
        return object
    }

    /// The definite answer to a request; `nil` where there is none yet.
    private static func answer(
        _ outcome: StatusReader.Outcome,
        _ request: Prepared,
        _ place: IntakeProducer.Place
    ) -> Answer? {
        let isCreate = request.created != nil
        let status: ScheduleStatus
        let success: HTTPResponse.Status
        switch outcome {
        case .unknown: return nil
        case .changedNothing(nil): return isCreate ? nil : Problem.unknownSchedule.answer
        case .applied(let standing) where isCreate:
            (status, success) = (standing.status, .created)
        case .applied(let standing) where standing.status == .cancelled,
            .changedNothing(let standing?) where standing.status == .cancelled && !isCreate:
            (status, success) = (.cancelled, .ok)
        case .applied(let standing), .changedNothing(let standing?):
            return Problem.notPending(standing.status).answer
        }
        var object = acceptance(request, place)
        object.add("status", status.rawValue)
        return Answer(success, json: object.text)
    }

    // MARK: Reading

    /// Where a schedule stands.
    func status(of key: ScheduleKey) async throws(Problem) -> Answer {
        guard let standing = try await standing(of: key) else { throw .unknownSchedule }
        var object = JSONObject()
        object.add("clientId", key.clientID)
        object.add("scheduleKey", key.scheduleKey)
        object.add("orderingKey", standing.orderingKey)
        object.add("scheduleTime", standing.scheduleTime.rawValue)
        object.add("delivery", json: Self.delivery(standing.target))
        object.add("status", standing.status.rawValue)
        object.add("partition", standing.partition)
        object.add("offset", standing.position.offset)
        if standing.target.callback != nil {
            object.add("attempt", standing.retry?.attempt ?? 1)
            if standing.status == .pending { object.add("nextAttemptTime", standing.position.time.rawValue) }
            if let failure = standing.retry?.failure, !failure.isEmpty { object.add("lastFailure", failure) }
        }
        return Answer(.ok, json: object.text)
    }

    private static func delivery(_ target: DeliveryTarget) -> String {
        var object = JSONObject()
        switch target {
        case .topic(let topic): object.add("topic", topic)
        case .callback(let target): return target.json(hidesHeaders: true)
        }
        return object.text
    }

    private func standing(of key: ScheduleKey) async throws(Problem) -> Standing? {
        do {
            return try await reader.standing(of: key)
        } catch {
            throw .storeUnavailable
        }
    }

    /// The progress of every partition.
    func partitions() async throws(Problem) -> Answer {
        let progress: [PartitionProgress]
        do {
            progress = try await reader.store.progress()
        } catch {
            throw .storeUnavailable
        }
        let objects = progress.map { progress in
            var object = JSONObject()
            object.add("partition", progress.partition)
            object.add("owner", progress.owner)
            object.add("epoch", progress.epoch)
            object.add("executedUpTo", json: progress.executedUpTo.map { "\($0.rawValue)" } ?? "null")
            object.add("pendingResident", progress.pendingResident)
            object.add("committedOffset", json: progress.committedOffset.map { "\($0)" } ?? "null")
            object.add("updatedAt", progress.updatedAt.rawValue)
            return object.text
        }
        return Answer(.ok, json: "[\(objects.joined(separator: ","))]")
    }
}
