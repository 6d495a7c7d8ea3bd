internal import Scheduling

/// The headers that Clockwork adds to the records it produces, and the names of intake records in them.
struct DeliveredHeaders {
    /// The header that says in words why a record is a dead letter.
    static let detailHeader = "clockwork-error-detail"
    /// The header that names the cut parts of a dead letter.
    static let cutHeader = "clockwork-cut"
    /// The number of headers that a delivered record gets.
    static let deliveryCount = 4
    /// The number of headers that name the target of a delivery.
    static let targetCount = 1
    /// The number of headers that a dead letter gets after those of its record.
    static let deadLetterCount = 3

    /// The intake topic.
    let topic: String

    /// The name of an intake record as clients see it: `<topic>/<partition>/<offset>`, or for a later log of the
    /// partition `<topic>/<partition>/<generation>-<offset>`.
    ///
    /// - Parameter offset: the scheduler's offset.
    func id(of offset: Int64, in partition: Int32) -> String {
        let place = LogOffset(scheduling: offset)
        let generation = place.generation == 0 ? "" : "\(place.generation)-"
        return "\(topic)/\(partition)/\(generation)\(place.offset)"
    }

    /// Calls `body` for each header that a delivered record gets after the request's own, in order. The values are lent
    /// for the call.
    func forEachDeliveredHeader(
        of schedule: Schedule,
        partition: Int32,
        _ body: (_ name: StaticString, _ value: UnsafeRawBufferPointer) -> Void
    ) {
        Self.lend(id(of: schedule.position.offset, in: partition)) { body("clockwork-id", $0) }
        Self.lend(schedule.key.clientID) { body("clockwork-client-id", $0) }
        Self.lend(schedule.key.scheduleKey) { body("clockwork-schedule-key", $0) }
        Self.lend(String(schedule.scheduleTime.rawValue)) { body("clockwork-schedule-time", $0) }
    }

    /// All headers of a delivered record.
    func deliveredHeaders(of schedule: Schedule, partition: Int32) -> RecordHeaders {
        var headers = schedule.headers
        forEachDeliveredHeader(of: schedule, partition: partition) { name, value in
            let name = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
            headers.append(name: name, value: value)
        }
        return headers
    }

    /// Adds the header that names the target of a delivery, as in a request in binary form.
    func addTarget(_ target: DeliveryTarget, to headers: inout RecordHeaders) {
        switch target {
        case .topic(let topic): headers.append(name: "clockwork-delivery-topic", value: topic)
        case .callback(let callback): headers.append(name: "clockwork-delivery", value: callback.json())
        }
    }

    /// Adds the headers that a dead letter gets after those of its record. They replace the ones that the record has
    /// from an earlier time.
    func addDeadLetterHeaders(
        to headers: inout RecordHeaders,
        code: DeadLetterCode,
        detail: String,
        partition: Int32,
        offset: Int64
    ) {
        headers = headers.without(["clockwork-error", Self.detailHeader, "clockwork-source"])
        headers.append(name: "clockwork-error", value: code.rawValue)
        headers.append(name: Self.detailHeader, value: detail)
        headers.append(name: "clockwork-source", value: id(of: offset, in: partition))
    }

    /// The headers of a cut dead letter: with one more, which the intake refuses.
    ///
    /// - Parameter parts: the parts of the record that are missing, in whole or in part.
    static func cutHeaders(_ headers: RecordHeaders, _ parts: String) -> RecordHeaders {
        var headers = headers.without([cutHeader])
        headers.append(name: cutHeader, value: parts)
        return headers
    }

    private static func lend(_ text: String, _ body: (UnsafeRawBufferPointer) -> Void) {
        var text = text
        text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }
}
