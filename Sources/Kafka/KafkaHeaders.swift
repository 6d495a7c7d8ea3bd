internal import CKafka

/// Headers for one record to be produced: in order, repeats and null values kept, bytes copied as they are.
public struct KafkaHeaders: ~Copyable {
    private let headers: OpaquePointer

    /// No header yet; `capacity` is a hint.
    public init(capacity: Int = 8) {
        headers = rd_kafka_headers_new(capacity)
    }

    deinit {
        rd_kafka_headers_destroy(headers)
    }

    /// Appends a header; `value` is `nil` for a null value. Both are copied.
    ///
    /// A name may hold no zero byte: readers that use librdkafka see it cut there.
    public mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?) {
        // librdkafka takes a length below zero as a C string's, and a null pointer as a null value.
        rd_kafka_header_add(
            headers,
            (name.baseAddress ?? ckafka_no_bytes()).assumingMemoryBound(to: CChar.self),
            name.count,
            value.map { $0.baseAddress ?? ckafka_no_bytes() },
            value?.count ?? 0
        )
    }

    /// Appends a header with a name that is known beforehand.
    public mutating func append(name: StaticString, value: UnsafeRawBufferPointer) {
        append(name: UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), value: value)
    }

    /// Hands the headers to `body`, which returns whether librdkafka has taken them; if not, they are freed.
    consuming func give(_ body: (OpaquePointer) -> rd_kafka_resp_err_t) -> rd_kafka_resp_err_t {
        let headers = headers
        discard self
        let code = body(headers)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR {
            rd_kafka_headers_destroy(headers)
        }
        return code
    }
}
