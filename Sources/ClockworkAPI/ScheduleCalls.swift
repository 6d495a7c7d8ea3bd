internal import Bytes
internal import ClockworkService
internal import HTTPTypes
internal import Scheduling

/// Creates and cancels schedules, and reports their status: the calls of the API.
struct ScheduleCalls: Sendable {
    private(set) var checker: CallChecker
    let producer: IntakeProducer
    let reader: StatusReader

    /// The same calls, with these headers on the records that they write.
    func carrying(_ headers: RecordHeaders) -> ScheduleCalls {
        var calls = self
        calls.checker.headers = headers
        return calls
    }

    // MARK: Writing

    /// Finds the partition of each request. If the key has a pending schedule, this is the schedule's partition.
    ///
    /// - Returns: a result for each request, in order. Among requests without an ordering key, no key occurs twice.
    func prepare(_ requests: [CheckedRequest]) async -> [Result<PreparedRequest, Problem>] {
        let known = await reader.records(of: requests.map(\.key))
        // Some requests wait for their owners. They all wait at the same time.
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

    /// Sends a request to the partition of the pending schedule. The partitioner may choose another one by now.
    ///
    /// - Throws: `otherOrderingKey` if the pending schedule certainly has another ordering key.
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

    /// The schedule of a key that is probably pending, according to the recent requests of this process, else to the
    /// store.
    private func pending(_ key: ScheduleKey, _ lookup: KeyLookup?) -> Standing? {
        let standing = reader.recents.standing(of: key, lookup ?? .unknown)
        return standing?.status == .pending ? standing : nil
    }

    /// Finds the partition and the ordering key of the schedule to be cancelled.
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
        // A create may be on its way to its owner. If nothing is known of it, the cancel goes where a create without an
        // ordering key goes.
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

    /// Carries out one request. If the client asks for it, waits for the outcome.
    func submit(_ request: CheckedRequest, wait: Duration?) async throws(Problem) -> Answer {
        let request = try await prepare([request])[0].get()
        let place = try await write([request])[0].get()
        var answer = Answer(.accepted, json: Self.acceptance(request, place))
        guard let wait else { return answer }
        do throws(ScheduleStoreError) {
            let outcome = try await reader.outcome(of: request.key, at: place, before: request.before, within: wait)
            answer = Self.definiteAnswer(outcome, request, place) ?? answer
        } catch {
            // The intake has the request. A failure to read the outcome does not undo that.
        }
        if let name = HTTPField.Name("Preference-Applied") { answer.headers[name] = "wait" }
        return answer
    }

    /// The receipt of a request that is in the intake.
    ///
    /// - Parameter status: the status of its schedule, if the answer is definite.
    static func acceptance(
        _ request: PreparedRequest,
        _ place: IntakeProducer.Place,
        status: ScheduleStatus? = nil
    ) -> String {
        JSONWriter.objectText { json in
            json.member("clientId", request.key.clientID)
            json.member("scheduleKey", request.key.scheduleKey)
            json.member("scheduleTime", request.time?.rawValue)
            json.member("partition", place.partition)
            json.member("offset", place.offset)
            if !request.ignoredMembers.isEmpty {
                json.name("warnings")
                json.array(of: request.ignoredMembers) { json, name in
                    json.object { json in
                        json.member("field", name)
                        json.member("message", "is not known and was ignored")
                    }
                }
            }
            json.member("status", status?.rawValue)
        }
    }

    // MARK: Reading

    /// The status of a schedule. The answer is `202` if earlier requests may still change it.
    ///
    /// - Parameter wait: how long to wait for a final answer; `nil` for the default.
    func status(of key: ScheduleKey, wait: Duration?) async throws(Problem) -> Answer {
        let finding = try await standing(of: key, within: wait ?? StatusReader.patience)
        if finding.standing == nil, finding.isFinal { throw .unknownSchedule }
        let text = JSONWriter.objectText { json in
            json.member("clientId", key.clientID)
            json.member("scheduleKey", key.scheduleKey)
            if let standing = finding.standing { Self.write(standing, to: &json) }
        }
        var answer = Answer(finding.isFinal ? .ok : .accepted, json: text)
        if !finding.isFinal { answer.headers[.retryAfter] = "1" }
        if wait != nil, let name = HTTPField.Name("Preference-Applied") { answer.headers[name] = "wait" }
        return answer
    }

    private static func write(_ standing: Standing, to json: inout JSONWriter) {
        json.member("orderingKey", standing.orderingKey)
        json.member("scheduleTime", standing.scheduleTime.rawValue)
        json.name("delivery")
        switch standing.target {
        case .topic(let topic): json.object { $0.member("topic", topic) }
        case .callback(let target): json.json(target.json(hidesHeaders: true))
        }
        json.member("status", standing.status.rawValue)
        json.member("partition", standing.partition)
        json.member("offset", LogOffset(scheduling: standing.position.offset).offset)
        if standing.target.callback != nil {
            json.member("attempt", standing.retry?.attempt ?? 1)
            if standing.status == .pending { json.member("nextAttemptTime", standing.position.time.rawValue) }
        }
        json.member("lastFailure", standing.failure)
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
        var json = JSONWriter()
        json.array(of: progress) { json, progress in
            json.object { json in
                json.member("partition", progress.partition)
                json.member("owner", progress.owner)
                json.member("epoch", progress.epoch)
                json.member("executedUpTo", orNull: progress.executedUpTo?.rawValue)
                json.member("pendingResident", progress.pendingResident)
                json.member("committedOffset", orNull: progress.committedOffset)
                json.member("generation", progress.generation)
                json.member("updatedAt", progress.updatedAt.rawValue)
            }
        }
        return Answer(.ok, json: json.text)
    }
}
