internal import Scheduling

/// A record for the dead-letter topic: a request that could not be accepted, or a delivery that failed for good. Immutable.
final class DeadLetter {
    /// The request or delivery that it is about, and that is reported once it is in its topic.
    enum Subject: Equatable {
        /// The request at this intake offset.
        case request(offset: Int64)
        /// The delivery with this token.
        case delivery(token: UInt32)
    }

    let subject: Subject
    let key: [UInt8]?
    let value: [UInt8]?
    let headers: RecordHeaders
    /// The headers without the one that names the cut parts.
    private let keptHeaders: RecordHeaders
    /// The cut parts, as in their header; `nil` while nothing is cut.
    private let cutParts: String?
    /// The error's detail while nothing is left out.
    private let detail: String
    /// The name of the request, as in the header for the source.
    private let source: String
    /// Whether the key was made from the source.
    private let hasMadeKey: Bool

    private init(
        _ subject: Subject,
        key: [UInt8]?,
        value: [UInt8]?,
        headers: RecordHeaders,
        detail: String,
        source: String,
        hasMadeKey: Bool = false,
        cutParts: String? = nil
    ) {
        self.subject = subject
        self.source = source
        self.hasMadeKey = hasMadeKey
        self.key = key
        self.value = value
        keptHeaders = headers
        self.headers = cutParts.map { DeliveredHeaders.cutHeaders(headers, $0) } ?? headers
        self.cutParts = cutParts
        self.detail = detail
    }

    /// The dead letter of a delivery: the record that would have been delivered, its target, and why it was not
    /// delivered. Unchanged, it is a request in binary form.
    convenience init(_ failed: Effects.FailedDelivery, partition: Int32, headers deliveredHeaders: DeliveredHeaders) {
        let schedule = failed.delivery.schedule
        var headers = deliveredHeaders.deliveredHeaders(of: schedule, partition: partition)
        deliveredHeaders.addTarget(schedule.target, to: &headers)
        deliveredHeaders.addDeadLetterHeaders(
            to: &headers,
            code: failed.failure.code,
            detail: failed.failure.detail,
            partition: partition,
            offset: schedule.position.offset
        )
        self.init(
            .delivery(token: failed.delivery.token),
            key: Array(schedule.orderingKey.utf8),
            value: schedule.payload,
            headers: headers,
            detail: failed.failure.detail,
            source: deliveredHeaders.id(of: schedule.position.offset, in: partition)
        )
    }

    /// The dead letter of a request: the record as it came, and its error.
    convenience init(
        _ rejected: RequestBatcher.RejectedRecord,
        partition: Int32,
        headers deliveredHeaders: DeliveredHeaders
    ) {
        var headers = rejected.headers
        deliveredHeaders.addDeadLetterHeaders(
            to: &headers,
            code: rejected.rejection.code,
            detail: rejected.rejection.detail,
            partition: partition,
            offset: rejected.offset
        )
        self.init(
            .request(offset: rejected.offset),
            key: rejected.key,
            value: rejected.value,
            headers: headers,
            detail: rejected.rejection.detail,
            source: deliveredHeaders.id(of: rejected.offset, in: partition)
        )
    }

    /// The bytes of key, value and headers.
    var byteCount: Int { (key?.count ?? 0) + (value?.count ?? 0) + headers.packed.count }

    /// The same dead letter with less in it, for a topic that finds it too large. Each cut halves the value; then the
    /// headers other than Clockwork's go, then the record's key. The detail says so, and so does a header that keeps
    /// the record from being a request: half a payload must not be delivered.
    ///
    /// - Returns: `nil` if there is nothing left to cut.
    func cut() -> DeadLetter? {
        var rest = (key: key, value: value, headers: keptHeaders)
        let omission: String
        let parts: String
        if let value, !value.isEmpty {
            rest.value = Array(value.prefix(value.count / 2))
            omission = "the value is cut to \(value.count / 2) bytes"
            parts = "value"
        } else if keptHeaders != ownHeaders {
            rest.headers = ownHeaders
            omission = "value and carried headers are left out"
            parts = "value, headers"
        } else if key != nil, !hasMadeKey {
            rest.key = nil
            omission = "key, value and carried headers are left out"
            parts = "key, value, headers"
        } else {
            return nil
        }
        return changed(
            key: rest.key,
            value: rest.value,
            headers: rest.headers,
            hasMadeKey: hasMadeKey,
            cutParts: parts,
            omission
        )
    }

    /// The same dead letter with a key made from its source, for a topic that takes no record without one. Its detail
    /// says so.
    ///
    /// - Returns: `nil` if it has a key.
    func keyed() -> DeadLetter? {
        guard key == nil else { return nil }
        return changed(
            key: Array(source.utf8),
            value: value,
            headers: keptHeaders,
            hasMadeKey: true,
            cutParts: cutParts,
            "the key is made of the source, for the topic takes nothing without a key"
        )
    }

    private func changed(
        key: [UInt8]?,
        value: [UInt8]?,
        headers: RecordHeaders,
        hasMadeKey: Bool,
        cutParts: String?,
        _ change: String
    ) -> DeadLetter {
        DeadLetter(
            subject,
            key: key,
            value: value,
            headers: headers.replacingLast(DeliveredHeaders.detailHeader, with: "\(detail) (\(change))"),
            detail: detail,
            source: source,
            hasMadeKey: hasMadeKey,
            cutParts: cutParts
        )
    }

    /// The headers that Clockwork has added.
    private var ownHeaders: RecordHeaders {
        let ofDelivery = DeliveredHeaders.deliveryCount + DeliveredHeaders.targetCount
        return switch subject {
        case .request: keptHeaders.suffix(DeliveredHeaders.deadLetterCount)
        case .delivery: keptHeaders.suffix(ofDelivery + DeliveredHeaders.deadLetterCount)
        }
    }
}
