internal import Bytes
internal import NIOCore
internal import Scheduling

/// A request that can be written to the intake.
struct PreparedRequest: Sendable {
    var key: ScheduleKey
    var record: IntakeProducer.Record
    /// The schedule of a create, without its offset; `nil` for a cancel.
    var created: Standing?
    /// The schedule time, if it is known.
    var time: EpochMilliseconds?
    /// Whether the client named the ordering key. Otherwise it is the schedule key, or that of the pending schedule.
    var namesOrderingKey = false
    /// The unknown members of the request, which are ignored.
    var ignoredMembers: [String] = []
    /// The key record as it was before the request is written, if it was read and there was one.
    var before: KeyRecord?
}

/// A request that is valid.
enum CheckedRequest: Sendable {
    /// A create.
    case create(PreparedRequest)
    /// A cancel with an ordering key.
    case cancel(PreparedRequest)
    /// A cancel without an ordering key, which must be looked up.
    case cancelByKey(ScheduleKey)

    /// The key that the request is about.
    var key: ScheduleKey {
        switch self {
        case .create(let request), .cancel(let request): request.key
        case .cancelByKey(let key): key
        }
    }
}

/// Turns HTTP requests into records for the intake. It is pure, and the only code that hostile bytes meet on the way
/// there.
struct CallChecker: Sendable {
    let decoder: Scheduling.RequestDecoder
    /// The headers of the records of this call.
    var headers = RecordHeaders()

    /// Checks a body with the code that checks intake records.
    ///
    /// - Parameter action: the action if the body names none. For a cancel the body may not name another one.
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

    /// The record of a create. Its value is the body unchanged, so the owner reads what has been checked. If the body
    /// names no ordering key, the owner takes the record key.
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
