internal import CKafka
internal import Logging

/// Passes librdkafka's log lines on to swift-log.
///
/// With `log.queue` lines wait in a queue that the polling thread serves, so the logger is only ever called from the
/// thread that polls, never from one of librdkafka's.
enum KafkaLog {
    static func write(level: Int32, facility: UnsafePointer<CChar>?, text: UnsafePointer<CChar>?, to logger: Logger) {
        let facility = facility.map { String(cString: $0) } ?? ""
        let level = isNoise(facility) ? .debug : swiftLevel(syslog: level)
        guard logger.logLevel <= level, let text else { return }
        logger.log(level: level, "\(String(cString: text))", metadata: ["facility": "\(facility)"])
    }

    /// One set of properties serves consumers and producers, so those of the other kind are no mistake; and topics are
    /// looked for in a way that creates none on brokers that are too old to be told so.
    private static func isNoise(_ facility: String) -> Bool {
        facility == "CONFWARN" || facility == "AUTOCREATE"
    }

    /// The level for one of syslog's. A broker that cannot be reached is librdkafka's error; it retries by itself, so
    /// here nothing below a critical condition is more than a warning.
    static func swiftLevel(syslog level: Int32) -> Logger.Level {
        switch level {
        case ...2: .error
        case 3, 4: .warning
        case 5: .notice
        case 6: .debug
        default: .trace
        }
    }
}
