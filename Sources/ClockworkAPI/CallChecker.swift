internal import Bytes
internal import NIOCore
internal import Scheduling

/// A request that can be written to the intake.
struct PreparedRequest: Sendable {
    var key: ScheduleKey
    var record: IntakeProducer.Record
    /// The schedule of a create, without its offset; `nil` for a cancel.
    var created: Standing?
    /// The schedule's time, where it is known.
    var time: EpochMilliseconds?
    /// Whether its ordering key is the client's word; else the schedule key stands in for it, or what was found out.
    var namesOrderingKey = false
    /// The members of the request that have no meaning and are ignored.
    var ignoredMembers: [String] = []
    /// The key record from before the request is written, where there is one and somebody has looked.
    var before: KeyRecord?
}

/// A request that is valid.
enum CheckedRequest: Sendable {
    /// A create.
    case create(PreparedRequest)
    /// A cancel with an ordering key.
    case cancel(PreparedRequest)
    /// A cancel whose ordering key has to be looked up.
    case cancelByKey(ScheduleKey)

    /// The key that is to change.
    var key: ScheduleKey {
        switch self {
        case .create(let request), .cancel(let request): request.key
        case .cancelByKey(let key): key
        }
    }
}

/// Turns what came over HTTP into records for the intake: pure, and all that hostile bytes meet before they get there.
struct CallChecker: Sendable {
    let decoder: Scheduling.RequestDecoder
    /// What the records of this call have as headers.
    var headers = RecordHeaders()

    /// Checks a body with the code that checks intake records.
    ///
    /// - Parameter action: what is asked for where the body does not say; for a cancel the body may not say otherwise.
    func check(_ body: ByteBuffer, action: RequestAction) throws(Problem) -> CheckedRequest {
        let decoded: BodyRequest
        do {
            decoded = try headers.withViews { (headers) throws(Rejection) in
                try body.withUnsafeReadableBytes { (bytes) throws(Rejection) in
                    try decoder.decode(body: bytes, headers: headers, action: action)
                }
            }
        } catch {
            throw .invalid(error)
        }
        switch decoded.request {
        case .create where action == .cancel:
            let error = Rejection.FieldError(field: "action", message: "must be \"cancel\" where it is given")
            let detail = "\(error.field) \(error.message)"
            throw .invalid(Rejection(code: .invalidField, errors: [error], detail: detail))
        case .create(let schedule):
            var create = prepare(schedule, body)
            create.ignoredMembers = decoded.ignoredMembers
            create.namesOrderingKey = decoded.namesOrderingKey
            return .create(create)
        case .cancel(let cancellation):
            guard let orderingKey = cancellation.orderingKey else { return .cancelByKey(cancellation.key) }
            var cancel = cancel(cancellation.key, orderingKey: orderingKey, partition: nil)
            cancel.namesOrderingKey = true
            cancel.ignoredMembers = decoded.ignoredMembers
            return .cancel(cancel)
        }
    }

    /// Checks the parts of a path with the code that checks intake records.
    func checkKey(clientID: String, scheduleKey: String) throws(Problem) -> ScheduleKey {
        let body = Self.cancelBody(ScheduleKey(clientID: clientID, scheduleKey: scheduleKey), orderingKey: nil)
        guard case .cancelByKey(let key) = try check(body, action: .cancel) else { throw .badPath }
        return key
    }

    /// The body goes to the intake as it came: what has been checked is what the owner reads. The record key stands
    /// for an ordering key it does not name.
    private func prepare(_ schedule: Schedule, _ body: ByteBuffer) -> PreparedRequest {
        PreparedRequest(
            key: schedule.key,
            record: IntakeProducer.Record(
                key: schedule.orderingKey,
                value: body,
                headers: headers,
                partition: nil
            ),
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

    /// The cancel of a schedule whose ordering key is known.
    func cancel(_ key: ScheduleKey, orderingKey: String, partition: Int32?) -> PreparedRequest {
        PreparedRequest(
            key: key,
            record: IntakeProducer.Record(
                key: orderingKey,
                value: Self.cancelBody(key, orderingKey: orderingKey),
                headers: headers,
                partition: partition
            ),
            created: nil,
            time: nil
        )
    }

    private static func cancelBody(_ key: ScheduleKey, orderingKey: String?) -> ByteBuffer {
        let json = JSONWriter.object { json in
            json.member("action", RequestAction.cancel.rawValue)
            json.member("clientId", key.clientID)
            json.member("scheduleKey", key.scheduleKey)
            json.member("orderingKey", orderingKey)
        }
        return ByteBuffer(bytes: json)
    }
}
