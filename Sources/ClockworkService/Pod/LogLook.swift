internal import Kafka
internal import Scheduling

/// A look at the log of a partition that has an owner: is it still the one that the owner reads? A pure value;
/// `LogLooker` asks.
struct LogLook: Sendable {
    /// The finding of a look.
    enum Finding: Equatable {
        /// The same log, to be read from this offset, Kafka's own.
        case same(start: Int64)
        /// Another log.
        case other
    }

    let owner: UInt32
    let partition: Int32
    /// The owner's progress, and the record by which it identifies the log.
    let progress: PartitionProgress
    /// The latest record that had been read when the look began; confirmed if the mark is found.
    let latest: LogMark?
    /// Kafka's own offset of the record to be read next.
    let next: Int64

    /// Compares the owner's knowledge with the brokers' log.
    func finding(_ log: LogSettlement.Log) -> Finding {
        guard next <= log.high, !LogSettlement(progress: progress, group: nil, log: log).isNew else { return .other }
        return .same(start: max(next, log.low))
    }
}

/// Looks at logs. Asks the brokers alone, so the store may be down.
struct LogLooker: Sendable {
    typealias Findings = [(look: LogLook, finding: LogLook.Finding)]

    let reader: LogReader

    /// How long the brokers may take.
    private static let timeout = Duration.seconds(7)
    /// The pause before unanswered looks are repeated.
    private static let pause = Duration.milliseconds(500)

    /// The findings of one attempt; partitions without an answer are left out.
    func look(_ looks: [LogLook]) async -> Findings {
        let marks = Dictionary(
            uniqueKeysWithValues: looks.map { ($0.partition, $0.progress.mark.map(LogReader.Place.init)) }
        )
        guard let logs = try? await reader.logs(of: marks, timeout: Self.timeout) else { return [] }
        return looks.compactMap { look in
            guard let log = try? logs[look.partition]?.get() else { return nil }
            return (look, look.finding(LogSettlement.Log(log)))
        }
    }

    /// Looks until there are answers, or nobody waits for them.
    ///
    /// - Parameters:
    ///   - stillWanted: the partitions among these that wait for an answer.
    ///   - answer: takes answers, as they come.
    func look(
        _ looks: [LogLook],
        stillWanted: @Sendable ([Int32]) async -> [Int32],
        answer: @Sendable (Findings) -> Void
    ) async {
        var open = looks
        while !Task.isCancelled {
            let wanted = await stillWanted(open.map(\.partition))
            open.removeAll { !wanted.contains($0.partition) }
            guard !open.isEmpty else { return }
            let findings = await look(open)
            if !findings.isEmpty { answer(findings) }
            open.removeAll { look in findings.contains { $0.look.partition == look.partition } }
            guard !open.isEmpty, (try? await Task.sleep(for: Self.pause)) != nil else { return }
        }
    }
}

extension LogReader.Place {
    /// Where to look for the record of a mark.
    init(_ mark: LogMark) {
        self = mark.isRecord ? .record(at: mark.offset) : .first
    }
}

extension LogSettlement.Log {
    init(_ log: LogReader.Log) {
        self.init(low: log.low, high: log.high, recordAtMark: log.record.map(LogMark.init))
    }
}
