internal import Bytes
internal import HTTPTransport
internal import Scheduling

/// Makes the HTTP request of one attempt.
struct CallbackRequest {
    let deliveredHeaders: DeliveredHeaders
    let secrets: [WebhookSecret]

    /// The request for `schedule` of an intake partition, signed for `now`.
    func make(_ schedule: Schedule, _ target: CallbackTarget, partition: Int32, now: EpochMilliseconds) -> HTTPRequest {
        let id = deliveredHeaders.id(of: schedule.position.offset, in: partition)
        let timestamp = now.rawValue / 1_000
        let body = schedule.payload ?? []
        var headers = target.headers.map { HTTPHeader($0.name, $0.value) }
        func isGiven(_ name: String) -> Bool { target.headers.contains { $0.name.lowercased() == name } }
        if !isGiven("content-type") { headers.append(HTTPHeader("Content-Type", "application/octet-stream")) }
        if !isGiven("user-agent") { headers.append(HTTPHeader("User-Agent", "clockwork")) }
        headers.append(HTTPHeader("webhook-id", id))
        headers.append(HTTPHeader("webhook-timestamp", String(timestamp)))
        if !secrets.isEmpty {
            let signatures = secrets.map { $0.signature(id: id, timestamp: timestamp, body: body) }
            headers.append(HTTPHeader("webhook-signature", signatures.joined(separator: " ")))
        }
        headers.append(HTTPHeader("clockwork-id", id))
        headers.append(HTTPHeader("clockwork-client-id", Self.fieldValue(schedule.key.clientID)))
        headers.append(HTTPHeader("clockwork-schedule-key", Self.fieldValue(schedule.key.scheduleKey)))
        headers.append(HTTPHeader("clockwork-schedule-time", String(schedule.scheduleTime.rawValue)))
        headers.append(HTTPHeader("clockwork-attempt", String(schedule.attempt)))
        return HTTPRequest(
            method: target.method.rawValue,
            url: target.url.text,
            headers: headers,
            body: body,
            timeout: .milliseconds(target.timeoutMilliseconds)
        )
    }

    /// Any text as a field's value: everything but visible ASCII, and `%` itself, is percent-encoded.
    private static func fieldValue(_ text: String) -> String {
        PercentEncoding.encode(text, keeping: isPlain)
    }

    private static func isPlain(_ byte: UInt8) -> Bool { 0x21...0x7E ~= byte && byte != UInt8(ascii: "%") }
}
