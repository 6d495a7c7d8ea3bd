import Dispatch
import Glibc
import Kafka
import Logging
import Synchronization

/// Reads the delivery topic on a thread of its own and notes when each schedule arrives.
final class BenchCollector: Sendable {
    /// What has arrived.
    struct Arrivals {
        /// How long after each schedule was due it was here, in microseconds, in order of arrival.
        var lateness: [Int64] = []
        /// How long after each was due the producer was given it, in milliseconds: the record's own time.
        var handed: [Int64] = []
        /// By number, whether it is here.
        var isHere: [Bool]
        /// Deliveries whose time is before the schedule's.
        var early = 0
        /// Deliveries of what had arrived before.
        var repeated = 0
        /// When the last one arrived, in epoch microseconds.
        var last: Int64 = 0
    }

    /// How many schedules are here, each counted once.
    let count = Atomic(0)

    private let isStopping = Atomic(false)
    private let arrivals: Mutex<Arrivals>
    /// Has one thing to do: to read until the end.
    private let queue = DispatchQueue(label: "bench-reader")

    /// `@unchecked Sendable`: handed once to the thread that reads.
    private struct Handover: @unchecked Sendable {
        let reader: KafkaReader
    }

    /// Starts to read what is produced from now on; `capacity` is the number of schedules.
    init(_ cluster: BenchCluster, capacity: Int) throws {
        var fresh = Arrivals(isHere: Array(repeating: false, count: capacity))
        fresh.lateness.reserveCapacity(capacity + capacity / 10)
        arrivals = Mutex(fresh)
        let reader = try KafkaReader(
            topic: cluster.delivery,
            from: .end,
            properties: [
                "bootstrap.servers": cluster.bootstrapServers, "fetch.wait.max.ms": "\(cluster.fetchWaitOfReader)",
                "fetch.error.backoff.ms": "1", "queued.min.messages": "1000000",
            ],
            logger: Logger(label: "bench")
        )
        let handover = Handover(reader: reader)
        queue.async { [self] in
            while !isStopping.load(ordering: .relaxed) { read(handover.reader) }
        }
    }

    private func read(_ reader: KafkaReader) {
        arrivals.withLock { arrivals in
            var now: Int64?
            _ = try? reader.poll(timeout: .milliseconds(20)) { record in
                let time = now ?? Self.microseconds()
                now = time
                guard let value = record.value, let mark = BenchMark(value) else { return }
                arrivals.lateness.append(time - mark.due * 1_000)
                arrivals.handed.append(record.timestampMilliseconds - mark.due)
                if record.timestampMilliseconds < mark.due { arrivals.early += 1 }
                arrivals.last = time
                if mark.number >= arrivals.isHere.count || arrivals.isHere[mark.number] {
                    arrivals.repeated += 1
                } else {
                    arrivals.isHere[mark.number] = true
                    count.add(1, ordering: .relaxed)
                }
            }
        }
    }

    /// Waits until everything is here or nothing has come for `patience`, and ends.
    func finish(_ expected: Int, patience: Duration = .seconds(20)) -> Arrivals {
        var seen = -1
        var since = ContinuousClock.now
        while count.load(ordering: .relaxed) < expected {
            let now = count.load(ordering: .relaxed)
            if now != seen { (seen, since) = (now, .now) }
            guard ContinuousClock.now - since < patience else { break }
            usleep(2_000)
        }
        isStopping.store(true, ordering: .relaxed)
        queue.sync {}
        return arrivals.withLock { $0 }
    }

    /// The wall clock in epoch microseconds.
    static func microseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}

/// What each payload begins with: when it is due (13 digits, epoch milliseconds) and its number (10 digits).
struct BenchMark {
    static let length = 23

    let due: Int64
    let number: Int

    init?(_ payload: UnsafeRawBufferPointer) {
        guard payload.count >= Self.length, payload[0] &- UInt8(ascii: "0") < 10 else { return nil }
        due = Self.digits(payload[0..<13])
        number = Int(Self.digits(payload[13..<23]))
    }

    private static func digits(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int64 {
        bytes.reduce(0) { $0 * 10 + Int64($1 &- UInt8(ascii: "0")) }
    }

    /// Writes the digits of `number`, leading zeros included, over `count` bytes at `offset`.
    static func write(_ number: Int64, _ count: Int, into bytes: inout [UInt8], at offset: Int) {
        var rest = number
        for index in stride(from: offset + count - 1, through: offset, by: -1) {
            bytes[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }
}
