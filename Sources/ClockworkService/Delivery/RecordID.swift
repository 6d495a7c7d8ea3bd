internal import Scheduling

/// Names of intake records as clients see them: `<topic>/<partition>/<offset>`.
struct RecordID {
    /// The header that says in words why a record is a dead letter.
    static let detailHeader = "clockwork-error-detail"

    /// The intake topic.
    let topic: String

    func of(partition: Int32, offset: Int64) -> String {
        "\(topic)/\(partition)/\(offset)"
    }

    /// The headers that a delivered record gets behind the request's own.
    func deliveredHeaders(of schedule: Schedule, partition: Int32) -> RecordHeaders {
        var headers = schedule.headers
        // Four names with their lengths, an id and a time, and the two parts of the key.
        headers.reserve(
            bytes: 170 + topic.utf8.count + schedule.key.clientID.utf8.count + schedule.key.scheduleKey.utf8.count
        )
        headers.append(name: "clockwork-id", value: of(partition: partition, offset: schedule.position.offset))
        headers.append(name: "clockwork-client-id", value: schedule.key.clientID)
        headers.append(name: "clockwork-schedule-key", value: schedule.key.scheduleKey)
        headers.append(name: "clockwork-schedule-time", value: String(schedule.scheduleTime.rawValue))
        return headers
    }

    /// The headers that a dead letter gets behind those of the record it is about.
    func addDeadLetterHeaders(
        to headers: inout RecordHeaders,
        code: DeadLetterCode,
        detail: String,
        partition: Int32,
        offset: Int64
    ) {
        headers.append(name: "clockwork-error", value: code.rawValue)
        headers.append(name: Self.detailHeader, value: detail)
        headers.append(name: "clockwork-source", value: of(partition: partition, offset: offset))
    }
}
