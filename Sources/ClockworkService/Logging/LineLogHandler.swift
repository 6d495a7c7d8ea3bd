public import Logging
internal import Scheduling

/// Writes each log event as one line, with one write.
public struct LineLogHandler: LogHandler {
    /// The least severe level that is written.
    public var logLevel: Logger.Level
    /// Metadata on every line of this logger; that of the event itself wins.
    public var metadata: Logger.Metadata = [:]
    /// Asked for more metadata on every line.
    public var metadataProvider: Logger.MetadataProvider?

    private var label: String
    private let levels: [LogCategory: Logger.Level]
    private let formatter: LogFormatter
    private let now: @Sendable () -> EpochMilliseconds
    private let write: @Sendable (String) -> Void

    /// A handler for standard error.
    public init(label: String, configuration: LoggingConfiguration) {
        self.init(
            label: label,
            configuration: configuration,
            now: { WallClock.now() },
            write: { StandardError.shared.write($0) }
        )
    }

    init(
        label: String,
        configuration: LoggingConfiguration,
        now: @escaping @Sendable () -> EpochMilliseconds,
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

    /// Writes the event. Callable from any thread; blocks while standard error takes no more.
    public func log(event: LogEvent) {
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
    }
}
