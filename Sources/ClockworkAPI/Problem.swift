internal import Bytes
internal import HTTPTypes
internal import Scheduling

/// The ways in which a call can be refused. The answer follows RFC 9457.
enum Problem: Error, Sendable, Equatable {
    /// The request breaks rules; every field that is wrong is named.
    case invalid(Rejection)
    /// The path cannot be that of a schedule: a part of it is not percent-encoded UTF-8.
    case badPath
    /// No token, or a wrong one.
    case unauthorized
    /// There is nothing at this path.
    case noSuchResource
    /// The store knows no such schedule.
    case unknownSchedule
    /// The resource has only these methods.
    case methodNotAllowed([HTTPRequest.Method])
    /// The schedule is no longer pending.
    case notPending(ScheduleStatus)
    /// The delivery has failed; the reason is given if it is known.
    case deliveryFailed(reason: String?)
    /// The pending schedule of the key has another ordering key than the request.
    case otherOrderingKey
    /// The body, or a line of a stream, exceeds this limit in bytes.
    case tooLarge(limit: Int)
    /// The brokers refuse a record of that size.
    case tooLargeForKafka
    /// The client did not send its body in time, or went away.
    case bodyNotRead
    /// Kafka does not answer.
    case kafkaUnavailable
    /// The brokers refuse this service as a producer, for this reason.
    case producerRefused(String)
    /// The brokers refuse every record for the intake topic.
    case intakeRefused
    /// The store does not answer.
    case storeUnavailable
    /// The server has too many requests, or too many bytes of them, at this time.
    case tooBusy
    /// The pod does not work yet, or no longer works.
    case notReady([String])

    private struct Form {
        var status: HTTPResponse.Status
        var name: String
        var title: String
        var detail: String
        var errors: [Rejection.FieldError] = []
    }

    private var form: Form {
        switch self {
        case .invalid(let rejection):
            Form(
                status: rejection.isOfSizeAlone ? .contentTooLarge : .badRequest,
                name: rejection.code.rawValue,
                title: "The request is not valid.",
                detail: rejection.detail,
                errors: rejection.errors
            )
        case .badPath:
            Form(
                status: .badRequest,
                name: "invalid-path",
                title: "The path is not valid.",
                detail: "Each part of the path must be UTF-8, percent-encoded where it is not a plain character."
            )
        case .unauthorized:
            Form(
                status: .unauthorized,
                name: "unauthorized",
                title: "A token is needed.",
                detail: "Send one of the accepted tokens as Authorization: Bearer."
            )
        case .noSuchResource:
            Form(
                status: .notFound,
                name: "no-such-resource",
                title: "There is nothing here.",
                detail: "The paths that exist are described at /openapi.json."
            )
        case .unknownSchedule:
            Form(
                status: .notFound,
                name: "unknown-schedule",
                title: "There is no such schedule.",
                detail: "The client has no schedule with this key, or it has been forgotten."
            )
        case .methodNotAllowed(let methods):
            Form(
                status: .methodNotAllowed,
                name: "method-not-allowed",
                title: "The method is not allowed.",
                detail: "Allowed here: \(methods.map(\.rawValue).joined(separator: ", "))."
            )
        case .notPending(let status):
            Form(
                status: .conflict,
                name: "not-pending",
                title: "The request came too late.",
                detail: "The schedule is \(status.rawValue)."
            )
        case .deliveryFailed(let reason):
            Form(
                status: .conflict,
                name: "delivery-failed",
                title: "The delivery has failed.",
                detail: reason ?? "The dead letter says why."
            )
        case .otherOrderingKey:
            Form(
                status: .conflict,
                name: "other-ordering-key",
                title: "The schedule has another ordering key.",
                detail: """
                    The schedule of this key was created with another orderingKey. Leave orderingKey out to refer to \
                    that schedule.
                    """,
                errors: [
                    Rejection.FieldError(field: "orderingKey", message: "is not that of the schedule")
                ]
            )
        case .tooLarge(let limit):
            Form(
                status: .contentTooLarge,
                name: "too-large",
                title: "The request is too large.",
                detail: "A request may have up to \(limit) bytes."
            )
        case .tooLargeForKafka:
            Form(
                status: .contentTooLarge,
                name: "too-large",
                title: "The request is too large.",
                detail: "The intake topic does not take a record of this size."
            )
        case .bodyNotRead:
            Form(
                status: .badRequest,
                name: "incomplete",
                title: "The request is incomplete.",
                detail: "The body ended early or was not sent in time."
            )
        case .kafkaUnavailable:
            Form(
                status: .serviceUnavailable,
                name: "kafka-unavailable",
                title: "Kafka cannot be reached.",
                detail: "The request was not acknowledged in time. Sending it again is safe."
            )
        case .producerRefused(let reason):
            Form(
                status: .serviceUnavailable,
                name: "kafka-unavailable",
                title: "Kafka refuses this service.",
                detail: "The brokers refuse the producer: \(reason). Sending the request again is safe."
            )
        case .intakeRefused:
            Form(
                status: .serviceUnavailable,
                name: "intake-refused",
                title: "The intake topic cannot be written to.",
                detail: "It does not exist, or this service may not write to it. The log of the service says which."
            )
        case .storeUnavailable:
            Form(
                status: .serviceUnavailable,
                name: "store-unavailable",
                title: "The store cannot be reached.",
                detail: "Schedule status is unavailable."
            )
        case .tooBusy:
            Form(
                status: .serviceUnavailable,
                name: "too-busy",
                title: "Too many requests at one time.",
                detail: "Nothing was done. Try again a little later."
            )
        case .notReady(let reasons):
            Form(
                status: .serviceUnavailable,
                name: "not-ready",
                title: "The pod is not ready.",
                detail: reasons.joined(separator: " ")
            )
        }
    }

    /// The answer to the call.
    var answer: Answer {
        var headers = HTTPFields()
        headers[.contentType] = "application/problem+json"
        switch self {
        case .unauthorized:
            headers[.wwwAuthenticate] = "Bearer"
        case .methodNotAllowed(let methods):
            headers[.allow] = methods.map(\.rawValue).joined(separator: ", ")
        case .kafkaUnavailable, .producerRefused, .intakeRefused, .storeUnavailable, .tooBusy, .notReady:
            headers[.retryAfter] = "1"
        case .invalid, .badPath, .noSuchResource, .unknownSchedule, .notPending, .deliveryFailed, .otherOrderingKey,
            .tooLarge, .tooLargeForKafka, .bodyNotRead:
            break
        }
        return Answer(status: form.status, headers: headers, body: json)
    }

    /// The problem as one JSON object on one line.
    var json: String {
        let form = form
        return JSONWriter.objectText { json in
            json.member("type", "urn:clockwork:problem:\(form.name)")
            json.member("title", form.title)
            json.member("status", form.status.code)
            json.member("detail", form.detail)
            json.name("errors")
            json.array(of: form.errors) { json, error in
                json.object { json in
                    json.member("field", error.field)
                    json.member("message", error.message)
                }
            }
            // The member "status" is that of the answer, so the status of the schedule has another name.
            switch self {
            case .notPending(let status): json.member("scheduleStatus", status.rawValue)
            case .deliveryFailed: json.member("scheduleStatus", ScheduleStatus.failed.rawValue)
            default: break
            }
        }
    }
}

/// An answer that is not a stream.
struct Answer: Sendable {
    var status: HTTPResponse.Status
    var headers = HTTPFields()
    var body: String

    init(status: HTTPResponse.Status, headers: HTTPFields, body: String) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// An answer in JSON.
    init(_ status: HTTPResponse.Status, json: String) {
        self.init(status, json, type: "application/json")
    }

    /// An answer of the given media type.
    init(_ status: HTTPResponse.Status, _ text: String, type: String) {
        self.status = status
        headers[.contentType] = type
        body = text
    }
}
