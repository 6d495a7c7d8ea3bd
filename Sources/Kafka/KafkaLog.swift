internal import CKafka
internal import Logging

/// Passes librdkafka's log lines on to swift-log.
///
/// With `log.queue`, lines wait in a queue that the polling thread serves. So only the polling thread calls the logger,
/// never one of librdkafka's.
enum KafkaLog {
    static func write(level: Int32, facility: UnsafePointer<CChar>?, text: UnsafePointer<CChar>?, to logger: Logger) {
        let facility = facility.map { String(cString: $0) } ?? ""
        let level = isNoise(facility) ? .debug : swiftLevel(syslog: level)
        guard logger.logLevel <= level, let text else { return }
        logger.log(level: level, "\(String(cString: text))", metadata: ["facility": "\(facility)"])
    }

    /// Some lines are noise. One set of properties serves consumers and producers, so properties of the other kind are
    /// not a mistake. And topics are looked up in a way that creates none, even on brokers too old to know the flag for
    /// that.
    private static func isNoise(_ facility: String) -> Bool {
        facility == "CONFWARN" || facility == "AUTOCREATE"
    }

    /// The level for one of syslog's. A broker that cannot be reached is an error to librdkafka, which retries by
    /// itself. So nothing below a critical condition is more than a warning here.
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
