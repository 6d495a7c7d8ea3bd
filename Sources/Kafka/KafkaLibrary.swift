internal import CKafka

/// The librdkafka that this process runs with, which may differ from the one it was built with.
public enum KafkaLibrary {
    /// Its version, such as `2.3.0`.
    public static var version: String { String(cString: rd_kafka_version_str()) }

    /// The fault of that version; `nil` if it has none.
    public static var fault: String? { fault(ofVersion: rd_kafka_version()) }

    /// The fault of a version, in the form of `rd_kafka_version`: 0xMMmmrrxx.
    static func fault(ofVersion version: Int32) -> String? {
        guard version < 0x0203_0000 else { return nil }
        return "before 2.3.0 a change of a partition's leader can end an idempotent producer (out of order sequence "
            + "number), and what it had in flight is delivered again"
    }
}
