internal import CKafka

/// A record, lent for the duration of a callback. Its pointers are valid during that call only.
public struct KafkaRecord: ~Copyable {
    private let message: UnsafeMutablePointer<rd_kafka_message_t>

    /// Whether the next record of the same poll, if there is one, is of another partition.
    public let endsRun: Bool

    init(_ message: UnsafeMutablePointer<rd_kafka_message_t>, endsRun: Bool = true) {
        self.message = message
        self.endsRun = endsRun
    }

    /// The partition it was read from.
    public var partition: Int32 { message.pointee.partition }

    /// Its offset in the partition.
    public var offset: Int64 { message.pointee.offset }

    /// Its timestamp in epoch milliseconds (create or append time, as the topic is set), -1 when it has none.
    public var timestampMilliseconds: Int64 { rd_kafka_message_timestamp(message, nil) }

    /// Distinguishes this record from another one at its offset. Reads all bytes of key and value.
    public var stamp: RecordStamp {
        RecordStamp(offset: offset, timestampMilliseconds: timestampMilliseconds, key: key, value: value)
    }

    /// The key's bytes; `nil` for a null key, empty for an empty one.
    public var key: UnsafeRawBufferPointer? { Self.bytes(message.pointee.key, message.pointee.key_len) }

    /// The value's bytes; `nil` for a null value, empty for an empty one.
    public var value: UnsafeRawBufferPointer? { Self.bytes(message.pointee.payload, message.pointee.len) }

    /// Whether it has any header.
    public var hasHeaders: Bool { headers != nil }

    /// The number of headers.
    public var headerCount: Int { headers.map { rd_kafka_header_cnt($0) } ?? 0 }

    /// Calls `body` for each header in the order they were produced in, repeats and null values included.
    ///
    /// A name ends at its first zero byte: librdkafka hands out names as C strings.
    public func forEachHeader(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) -> Void) {
        guard let headers else { return }
        var name: UnsafePointer<CChar>?
        var nameSize = 0
        var value: UnsafeRawPointer?
        var valueSize = 0
        var index = 0
        while ckafka_header(headers, index, &name, &nameSize, &value, &valueSize) != 0 {
            body(UnsafeRawBufferPointer(start: name, count: nameSize), Self.bytes(value, valueSize))
            index += 1
        }
    }

    /// Parsed from the record when it is first asked for.
    private var headers: OpaquePointer? {
        var headers: OpaquePointer?
        guard rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        return headers
    }

    private static func bytes(_ start: UnsafeRawPointer?, _ count: Int) -> UnsafeRawBufferPointer? {
        start.map { UnsafeRawBufferPointer(start: $0, count: count) }
    }
}
