internal import ClockworkService
internal import HTTPTypes
internal import Scheduling

/// Creates, cancels and tells of schedules: what the calls of the API mean.
struct ScheduleCalls: Sendable {
    private(set) var checker: CallChecker
    let producer: IntakeProducer
    let reader: StatusReader

    /// The same, with these headers for what is written to the intake.
    func carrying(_ headers: RecordHeaders) -> ScheduleCalls {
        var calls = self
        calls.checker.headers = headers
        return calls
    }

    // MARK: Writing

    /// Finds the partition and ordering key of the schedule that is to be cancelled.
    func prepareCancel(_ key: ScheduleKey) async throws(Problem) -> PreparedRequest {
        guard let standing = try await standing(of: key) else { throw .unknownSchedule }
        guard standing.status == .pending else { throw .notPending(standing.status) }
        var prepared = checker.cancel(key, orderingKey: standing.orderingKey, partition: standing.partition)
        prepared.time = standing.scheduleTime
        return prepared
    }

    /// Writes requests to the intake in this order.
    ///
    /// - Parameter before: the key records as they were before, where somebody has looked.
    func write(
        _ requests: [PreparedRequest],
        before: [ScheduleKey: KeyRecord] = [:]
    ) async -> [Result<IntakeProducer.Place, Problem>] {
        let results = await producer.write(requests.map(\.record))
        return zip(requests, results).map { request, result in
            switch result {
            case .success(let place):
                note(request, place, before: before[request.key])
                return .success(place)
            case .failure(.unreachable): return .failure(.kafkaUnavailable)
            case .failure(.producerRefused(let reason)): return .failure(.producerRefused(reason))
            case .failure(.refused): return .failure(.intakeRefused)
            case .failure(.overloaded): return .failure(.tooBusy)
            case .failure(.tooLarge): return .failure(.tooLargeForKafka)
            }
        }
    }

    private func note(_ request: PreparedRequest, _ place: IntakeProducer.Place, before: KeyRecord?) {
        var fallback = request.created ?? reader.recents[request.key]?.fallback
        if request.created != nil {
            fallback?.partition = place.partition
            fallback?.position.offset = place.offset
        }
        let entry = RecentRequests.Entry(
            partition: place.partition,
            offset: place.offset,
            isCreate: request.created != nil,
            before: before,
            notedAt: .now,
            fallback: fallback
        )
        reader.recents.note(request.key, entry)
    }

    /// Carries out one request and, where that is wished, waits for its outcome.
    func submit(_ request: CheckedRequest, wait: Duration?) async throws(Problem) -> Answer {
        let prepared: PreparedRequest
        switch request {
        case .ready(let request): prepared = request
        case .cancel(let key): prepared = try await prepareCancel(key)
        }
        let key = prepared.key
        // What is there before tells what the request has changed.
        let before = wait == nil ? nil : await reader.record(of: key)
        let place = try await write([prepared], before: before.map { [key: $0] } ?? [:])[0].get()
        var answer = Answer(.accepted, json: Self.acceptance(prepared, place).text)
        guard let wait else { return answer }
        do throws(ScheduleStoreError) {
            let outcome = try await reader.outcome(
                of: key,
                at: place,
                before: before,
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
    static func acceptance(_ request: PreparedRequest, _ place: IntakeProducer.Place) -> JSONObject {
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
        _ request: PreparedRequest,
        _ place: IntakeProducer.Place
    ) -> Answer? {
        let isCreate = request.created != nil
        let status: ScheduleStatus
        let success: HTTPResponse.Status
        switch outcome {
        case .unknown: return nil
        case .changedNothing(nil): return isCreate ? nil : Problem.unknownSchedule.answer
        case .applied(let standing) where isCreate && standing.status != .failed:
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
        object.add("offset", LogOffset(scheduling: standing.position.offset).offset)
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
            object.add("generation", progress.generation)
            object.add("updatedAt", progress.updatedAt.rawValue)
            return object.text
        }
        return Answer(.ok, json: "[\(objects.joined(separator: ","))]")
    }
}
