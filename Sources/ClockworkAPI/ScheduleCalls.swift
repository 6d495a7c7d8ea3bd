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

    /// Finds the partition of each request: that of the pending schedule, where the key has one.
    ///
    /// - Returns: a result for each request, in order. No key occurs twice among those that name no ordering key.
    func prepare(_ requests: [CheckedRequest]) async -> [Result<PreparedRequest, Problem>] {
        let known = await reader.records(of: requests.map(\.key))
        // Some have to wait for their owners: all of them at once.
        return await withTaskGroup(of: (Int, Result<PreparedRequest, Problem>).self) { group in
            for (index, request) in requests.enumerated() {
                let lookup = known?[request.key]
                group.addTask {
                    do throws(Problem) {
                        return (index, .success(try await prepare(request, lookup)))
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            var results = [Result<PreparedRequest, Problem>](repeating: .failure(.tooBusy), count: requests.count)
            for await (index, result) in group { results[index] = result }
            return results
        }
    }

    private func prepare(_ request: CheckedRequest, _ lookup: KeyLookup?) async throws(Problem) -> PreparedRequest {
        let pending = pending(request.key, lookup)
        var prepared: PreparedRequest
        switch request {
        case .create(let create):
            prepared = create
            if !create.namesOrderingKey, let pending {
                prepared.record.key = pending.orderingKey
                prepared.created?.orderingKey = pending.orderingKey
            }
            try await follow(pending, &prepared)
        case .cancel(let cancel):
            prepared = cancel
            try await follow(pending, &prepared)
        case .cancelByKey(let key):
            prepared = try await prepareCancel(key, pending)
        }
        prepared.before = lookup?.record
        return prepared
    }

    /// Has a request go where the pending schedule is, which the partitioner may not lead to any more.
    ///
    /// - Throws: `otherOrderingKey` where it is certain that the pending schedule has another one.
    private func follow(_ pending: Standing?, _ request: inout PreparedRequest) async throws(Problem) {
        guard let pending else { return }
        if pending.isOrdered(by: request.record.key) {
            request.record.partition = pending.partition
        } else if let finding = try? await reader.standing(of: request.key, within: StatusReader.patience),
            finding.isFinal, let standing = finding.standing, standing.status == .pending,
            !standing.isOrdered(by: request.record.key)
        {
            throw .otherOrderingKey
        }
    }

    /// The schedule of a key that is probably pending: the one that this process has just asked for, or the store's.
    private func pending(_ key: ScheduleKey, _ lookup: KeyLookup?) -> Standing? {
        let standing = reader.recents.standing(of: key, lookup ?? .unknown)
        return standing?.status == .pending ? standing : nil
    }

    /// Finds the partition and ordering key of the schedule that is to be cancelled.
    private func prepareCancel(_ key: ScheduleKey, _ pending: Standing?) async throws(Problem) -> PreparedRequest {
        var standing = pending
        if standing == nil {
            let finding = try await self.standing(of: key, within: StatusReader.patience)
            standing = finding.standing
            if finding.isFinal {
                guard let standing else { throw .unknownSchedule }
                guard standing.status == .pending else { throw .notPending(standing.status) }
            }
        }
        // A create may be on its way to its owner. What was said of it is where it goes without an ordering key.
        guard let standing else { return checker.cancel(key, orderingKey: key.scheduleKey, partition: nil) }
        var prepared = checker.cancel(key, orderingKey: standing.orderingKey, partition: standing.partition)
        prepared.time = standing.scheduleTime
        return prepared
    }

    /// Writes requests to the intake in this order.
    func write(_ requests: [PreparedRequest]) async -> [Result<IntakeProducer.Place, Problem>] {
        let results = await producer.write(requests.map(\.record))
        return zip(requests, results).map { request, result in
            switch result {
            case .success(let place):
                note(request, place)
                return .success(place)
            case .failure(.unreachable): return .failure(.kafkaUnavailable)
            case .failure(.producerRefused(let reason)): return .failure(.producerRefused(reason))
            case .failure(.refused), .failure(.unknownPartition): return .failure(.intakeRefused)
            case .failure(.overloaded): return .failure(.tooBusy)
            case .failure(.tooLarge): return .failure(.tooLargeForKafka)
            }
        }
    }

    private func note(_ request: PreparedRequest, _ place: IntakeProducer.Place) {
        var created = request.created
        created?.partition = place.partition
        created?.position.offset = place.offset
        let entry = RecentRequests.Entry(
            partition: place.partition,
            offset: place.offset,
            created: created,
            before: request.before
        )
        reader.recents.note(request.key, entry)
    }

    /// Carries out one request and, where that is wished, waits for its outcome.
    func submit(_ request: CheckedRequest, wait: Duration?) async throws(Problem) -> Answer {
        let request = try await prepare([request])[0].get()
        let place = try await write([request])[0].get()
        var answer = Answer(.accepted, json: Self.acceptance(request, place).text)
        guard let wait else { return answer }
        do throws(ScheduleStoreError) {
            let outcome = try await reader.outcome(of: request.key, at: place, before: request.before, within: wait)
            answer = Self.definiteAnswer(outcome, request, place) ?? answer
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
        if !request.ignoredMembers.isEmpty {
            let warnings = request.ignoredMembers.map { name in
                var warning = JSONObject()
                warning.add("field", name)
                warning.add("message", "is not known and was ignored")
                return warning.text
            }
            object.add("warnings", json: "[\(warnings.joined(separator: ","))]")
        }
        return object
    }

    // MARK: Reading

    /// Where a schedule stands: with `202` where requests that came before may still change it.
    ///
    /// - Parameter wait: how long to wait for a final answer; `nil` for the usual time.
    func status(of key: ScheduleKey, wait: Duration?) async throws(Problem) -> Answer {
        let finding = try await standing(of: key, within: wait ?? StatusReader.patience)
        var object = JSONObject()
        object.add("clientId", key.clientID)
        object.add("scheduleKey", key.scheduleKey)
        if let standing = finding.standing {
            Self.add(standing, to: &object)
        } else if finding.isFinal {
            throw .unknownSchedule
        }
        var answer = Answer(finding.isFinal ? .ok : .accepted, json: object.text)
        if !finding.isFinal { answer.headers[.retryAfter] = "1" }
        if wait != nil, let name = HTTPField.Name("Preference-Applied") { answer.headers[name] = "wait" }
        return answer
    }

    private static func add(_ standing: Standing, to object: inout JSONObject) {
        object.add("orderingKey", standing.orderingKey)
        object.add("scheduleTime", standing.scheduleTime.rawValue)
        object.add("delivery", json: delivery(standing.target))
        object.add("status", standing.status.rawValue)
        object.add("partition", standing.partition)
        object.add("offset", LogOffset(scheduling: standing.position.offset).offset)
        if standing.target.callback != nil {
            object.add("attempt", standing.retry?.attempt ?? 1)
            if standing.status == .pending { object.add("nextAttemptTime", standing.position.time.rawValue) }
        }
        if let failure = standing.failure { object.add("lastFailure", failure) }
    }

    private static func delivery(_ target: DeliveryTarget) -> String {
        var object = JSONObject()
        switch target {
        case .topic(let topic): object.add("topic", topic)
        case .callback(let target): return target.json(hidesHeaders: true)
        }
        return object.text
    }

    private func standing(
        of key: ScheduleKey,
        within patience: Duration
    ) async throws(Problem) -> StatusReader.Finding {
        do {
            return try await reader.standing(of: key, within: patience)
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
