internal import Kafka
internal import Scheduling

/// Turns intake records into what owners work with, one batch for each partition.
struct IntakeReader {
    /// A record that cannot be accepted, copied for the dead-letter topic.
    struct RejectedRecord {
        var rejection: Rejection
        var offset: Int64
        var key: [UInt8]?
        var value: [UInt8]?
        var headers: RecordHeaders
    }

    /// What one poll brought for one partition, in offset order.
    struct Batch {
        var items: [IntakeItem] = []
        var rejected: [RejectedRecord] = []
    }

    private let decoder: RequestDecoder
    /// By partition; emptied after each poll.
    private(set) var batches: [Int32: Batch] = [:]

    init(rules: RequestRules) {
        decoder = RequestDecoder(rules: rules)
    }

    /// Decodes a record; its bytes are copied at most once.
    mutating func read(_ record: borrowing KafkaRecord) {
        var headers: [HeaderView] = []
        if record.hasHeaders {
            headers.reserveCapacity(record.headerCount)
            record.forEachHeader { headers.append(HeaderView(name: $0, value: $1)) }
        }
        let view = RecordView(offset: record.offset, key: record.key, value: record.value, headers: headers)
        do throws(Rejection) {
            let request = try decoder.decode(view)
            batches[record.partition, default: Batch()].items.append(.request(request))
        } catch {
            batches[record.partition, default: Batch()].items.append(.rejected(offset: record.offset))
            batches[record.partition, default: Batch()].rejected.append(Self.copy(view, error))
        }
    }

    mutating func takeBatches() -> [Int32: Batch] {
        defer { batches.removeAll(keepingCapacity: true) }
        return batches
    }

    private static func copy(_ view: RecordView, _ rejection: Rejection) -> RejectedRecord {
        var headers = RecordHeaders()
        for header in view.headers { headers.append(name: header.name, value: header.value) }
        return RejectedRecord(
            rejection: rejection,
            offset: view.offset,
            key: view.key.map(Array.init),
            value: view.value.map(Array.init),
            headers: headers
        )
    }
}
