internal import CoreMetrics
internal import Glibc
public import PrometheusMetrics
internal import Scheduling
internal import Synchronization

/// The resources that the process uses, under the names that Prometheus's client libraries share.
public final class ProcessMetrics: Sendable {
    private let cpu: FloatingPointCounter
    private let residentMemory: Gauge
    private let virtualMemory: Gauge
    private let openDescriptors: Gauge
    private let maxDescriptors: Gauge
    private let droppedLines: Counter
    private let repeatedLines: Counter
    private let countedSeconds = Mutex(0.0)
    private let countedLosses = Mutex(LogSink.Losses())

    /// Adds the metrics of the process to a registry, which reads them with its own.
    public static func add(to registry: MetricsRegistry) {
        let metrics = ProcessMetrics(registry)
        registry.beforeReading { metrics.update() }
    }

    private init(_ factory: any MetricsFactory) {
        cpu = Metric.cpu.fractionCounter(factory)
        residentMemory = Metric.residentMemory.gauge(factory)
        virtualMemory = Metric.virtualMemory.gauge(factory)
        openDescriptors = Metric.openDescriptors.gauge(factory)
        maxDescriptors = Metric.maxDescriptors.gauge(factory)
        droppedLines = Metric.lostLogLines.counter(factory, "dropped")
        repeatedLines = Metric.lostLogLines.counter(factory, "repeated")
        // This object is made when the process starts.
        Metric.startTime.gauge(factory).record(Double(WallClock.now().rawValue) / 1_000)
        Metric.build.gauge(factory, Release.version).record(1)
    }

    private func update() {
        countedSeconds.withLock { counted in
            let seconds = Self.cpuSeconds
            cpu.increment(by: seconds - counted)
            counted = seconds
        }
        countedLosses.withLock { counted in
            let losses = LogSink.standardError.losses
            droppedLines.increment(by: losses.dropped - counted.dropped)
            repeatedLines.increment(by: losses.leftOut - counted.leftOut)
            counted = losses
        }
        if let pages = Self.memoryPages {
            virtualMemory.record(pages.size * Int64(sysconf(Int32(_SC_PAGESIZE))))
            residentMemory.record(pages.resident * Int64(sysconf(Int32(_SC_PAGESIZE))))
        }
        if let count = Self.descriptorCount { openDescriptors.record(count) }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            maxDescriptors.record(Double(limit.rlim_cur))
        }
    }

    private static var cpuSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// The first two numbers of `/proc/self/statm`.
    private static var memoryPages: (size: Int64, resident: Int64)? {
        let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let text = String(unsafeUninitializedCapacity: 128) { bytes in max(0, read(file, bytes.baseAddress, 128)) }
        let numbers = text.split(separator: " ").prefix(2).compactMap { Int64($0) }
        return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
    }

    private static var descriptorCount: Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Without ".", ".." and the descriptor of the folder itself.
        return count - 3
    }
}
