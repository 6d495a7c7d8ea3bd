internal import Glibc
public import Logging
internal import Runtime
internal import Scheduling

/// Writes each log event as one line, with one write.
public struct LineLogHandler: LogHandler {
    /// The least severe level that is written.
    public var logLevel: Logger.Level
    /// Metadata for every line of this logger. Metadata of the event takes precedence.
    public var metadata: Logger.Metadata = [:]
    /// Provides more metadata for every line.
    public var metadataProvider: Logger.MetadataProvider?

    private var label: String
    private let levels: [LogCategory: Logger.Level]
    private let formatter: LogFormatter
    private let now: @Sendable () -> EpochMilliseconds
    private let admits: @Sendable (LogEvent, String) -> Bool
    private let write: @Sendable (String) -> Void

    /// A handler for standard error.
    public init(label: String, configuration: LoggingConfiguration) {
        self.init(label: label, configuration: configuration, now: { WallClock.now() }, sink: .standardError)
    }

    /// A handler that writes lines to a sink, as far as the sink admits their kind.
    init(
        label: String,
        configuration: LoggingConfiguration,
        now: @escaping @Sendable () -> EpochMilliseconds,
        sink: LogSink
    ) {
        self.init(
            label: label,
            configuration: configuration,
            now: now,
            admits: { event, label in
                // With a level below info, the operator wants every line.
                guard event.level >= .info else { return true }
                let message = event.message.description
                let kind =
                    label == LogCategory.kafka.label
                    ? LineLimiter.Kind(level: event.level, library: label, message: message)
                    : LineLimiter.Kind(
                        level: event.level,
                        label: label,
                        message: message,
                        metadata: event.metadata ?? [:]
                    )
                return sink.admits(kind, message, now: .now())
            },
            write: { sink.write($0) }
        )
        let formatter = formatter
        sink.setFormat { text in
            let event = LogEvent(
                level: .warning,
                message: "\(text)",
                metadata: nil,
                source: "",
                file: "",
                function: "",
                line: 0
            )
            return formatter.line(at: now(), label: "clockwork", event: event, metadata: [:])
        }
    }

    init(
        label: String,
        configuration: LoggingConfiguration,
        now: @escaping @Sendable () -> EpochMilliseconds,
        admits: @escaping @Sendable (LogEvent, String) -> Bool = { _, _ in true },
        write: @escaping @Sendable (String) -> Void
    ) {
        self.label = label
        logLevel = configuration.level
        levels = configuration.levels
        formatter =
            switch configuration.format {
            case .text: .text
            case .json: .json
            }
        self.now = now
        self.admits = admits
        self.write = write
    }

    /// This handler for the lines of a category.
    func inCategory(_ category: LogCategory) -> LineLogHandler {
        var handler = self
        handler.label = category.label
        if let level = levels[category] { handler.logLevel = level }
        return handler
    }

    /// One value of `metadata`.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Hands the line of an event to the thread that writes lines. May be called from any thread, and never blocks. If
    /// the queue is full, or too many lines of one kind come, lines are dropped and counted.
    public func log(event: LogEvent) {
        guard admits(event, label) else { return }
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        write(formatter.line(at: now(), label: label, event: event, metadata: all))
    }
}

extension LoggingSystem {
    /// Makes every logger of the process write lines to standard error. Called once, before the first logger is made.
    public static func bootstrapClockwork(_ configuration: LoggingConfiguration) {
        bootstrap { label in LineLogHandler(label: label, configuration: configuration) }
        // The last lines give the reason why the process ends.
        atexit { LogSink.standardError.flush(within: .milliseconds(500)) }
    }
}
