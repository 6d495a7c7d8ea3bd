internal import Kafka
internal import Scheduling

/// Decodes intake records into batches, one for each owned partition, with offsets that never go back.
struct RequestBatcher {
    /// A record that cannot be accepted, copied for the dead-letter topic.
    struct RejectedRecord {
        var rejection: Rejection
        /// The scheduler's offset.
        var offset: Int64
        var key: [UInt8]?
        var value: [UInt8]?
        var headers: RecordHeaders
    }

    /// The records of one partition from one poll, in offset order.
    struct Batch {
        var items: [IntakeItem] = []
        var rejected: [RejectedRecord] = []
        /// The latest record of the partition that has been read; `nil` while there is none.
        var mark: LogMark?
    }

    /// The records of one poll.
    struct Poll {
        var batches: [Int32: Batch] = [:]
        /// Partitions that had another record, or none, at an offset read before: their logs are other ones.
        var changed: [Int32] = []
    }

    /// A log that is being read.
    private struct Log {
        var generation: Int64
        /// Kafka's own offset after the last record that was read.
        var next: Int64
        /// The latest record that was read.
        var mark: LogMark?
        /// Whether records come again, and the latest record read before has not come yet.
        var isSetBack = false
    }

    /// Consecutive records of one partition.
    private struct Run {
        var partition: Int32
        var log: Log
        var batch = Batch()
        var isChanged = false
    }

    private let decoder: RequestDecoder
    private var logs: [Int32: Log] = [:]
    private var run: Run?
    private var poll = Poll()

    init(rules: RequestRules) {
        decoder = RequestDecoder(rules: rules)
    }

    /// The log of a partition is read from this offset, Kafka's own.
    mutating func begin(_ partition: Int32, generation: Int64, at start: Int64) {
        logs[partition] = Log(generation: generation, next: start)
    }

    /// No more records of a partition are wanted.
    mutating func end(_ partition: Int32) {
        logs[partition] = nil
    }

    /// Decodes a record of an owned partition; its bytes are copied at most once.
    mutating func read(_ record: borrowing KafkaRecord) {
        if run == nil {
            guard let log = logs[record.partition] else { return }
            run = Run(partition: record.partition, log: log)
        }
        let isFresh = isFresh(record)
        if isFresh { decode(record) }
        if record.endsRun { endRun(record, isFresh) }
    }

    /// The records since the last call.
    mutating func take() -> Poll {
        defer { poll = Poll() }
        return poll
    }

    /// Whether a record has not been read before.
    ///
    /// A consumer hands records out again after a pause or a rebalance that interrupted it. These are the same records
    /// up to the latest one read, or the log is another.
    private mutating func isFresh(_ record: borrowing KafkaRecord) -> Bool {
        guard var log = run?.log else { return false }
        defer { run?.log = log }
        if record.offset >= log.next {
            if log.isSetBack { run?.isChanged = true }
            log.next = record.offset + 1
            return !log.isSetBack
        }
        guard let mark = log.mark, record.offset <= mark.offset else { return false }
        log.isSetBack = record.offset < mark.offset
        if !log.isSetBack, LogMark(record.stamp) != mark { run?.isChanged = true }
        return false
    }

    private mutating func decode(_ record: borrowing KafkaRecord) {
        guard let generation = run?.log.generation else { return }
        var headers: [HeaderView] = []
        if record.hasHeaders {
            headers.reserveCapacity(record.headerCount)
            record.forEachHeader { headers.append(HeaderView(name: $0, value: $1)) }
        }
        let offset = LogOffset(generation: generation, offset: record.offset).scheduling
        let view = RecordView(offset: offset, key: record.key, value: record.value, headers: headers)
        do throws(Rejection) {
            let request = try decoder.decode(view)
            run?.batch.items.append(.request(request))
        } catch {
            run?.batch.items.append(.rejected(offset: offset))
            run?.batch.rejected.append(Self.copy(view, error))
        }
    }

    private mutating func endRun(_ last: borrowing KafkaRecord, _ isFresh: Bool) {
        guard var ended = run else { return }
        run = nil
        if ended.isChanged {
            logs[ended.partition] = nil
            poll.batches[ended.partition] = nil
            poll.changed.append(ended.partition)
            return
        }
        if isFresh { ended.log.mark = LogMark(last.stamp) }
        logs[ended.partition] = ended.log
        ended.batch.mark = ended.log.mark
        guard var batch = poll.batches[ended.partition] else {
            poll.batches[ended.partition] = ended.batch
            return
        }
        batch.items += ended.batch.items
        batch.rejected += ended.batch.rejected
        batch.mark = ended.batch.mark
        poll.batches[ended.partition] = batch
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

extension LogMark {
    /// The mark of a record.
    init(_ stamp: RecordStamp) {
        self.init(offset: stamp.offset, timestamp: stamp.timestampMilliseconds, hash: stamp.hash)
    }
}
