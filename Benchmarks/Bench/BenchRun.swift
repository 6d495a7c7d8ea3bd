import Foundation
import HTTPTransport
import Kafka
import Scheduling
import Synchronization

/// One run of one scenario with one subject: producer and reader in this process, the subject in another. The subject and
/// the topics are made for the run, and so are the brokers unless some are given.
struct BenchRun {
    let scenario: BenchScenario
    let kind: BenchSubjectKind
    let payloadBytes: Int
    let brokers: BenchCluster.Brokers
    /// `sqlite` or `dynamodb`.
    let store: String
    /// Where the SQLite file is made.
    let folder: String
    /// Where the pod's executable is.
    let podExecutable: String

    private var path: String { folder + "/bench.db" }

    /// How much may be on its way. A partition of the local brokers keeps 5 MB: eight hold 100,000 requests.
    private static let window = 60_000
    /// How long before it is due a request is sent, in milliseconds.
    private static let lead: Int64 = 2_000

    func run(repetition: Int) async throws -> BenchResult {
        let cluster = try BenchCluster(brokers, for: scenario)
        defer { cluster.remove() }
        if scenario.pending > 0 { try await fill(delivery: cluster.delivery) }
        let subject = try startSubject(cluster)
        defer { subject.stop() }
        var result = BenchResult(scenario: scenario, subject: kind, repetition: repetition, brokers: "\(brokers)")
        guard scenario != .idle else {
            try await measureIdle(subject, &result)
            return result
        }
        var sender = try BenchSender(
            form: kind == .pod ? .structured : .bare,
            intake: cluster.intake,
            delivery: cluster.delivery,
            payloadBytes: payloadBytes,
            brokers: cluster.bootstrapServers
        )
        if scenario == .creates {
            try measureCreates(&sender, subject, cluster, &result)
        } else {
            try measureDeliveries(&sender, subject, cluster, &result)
            if scenario.pending > 0 { try measureThroughput(&sender, cluster, &result) }
        }
        try sender.finish()
        return result
    }

    private func startSubject(_ cluster: BenchCluster) throws -> BenchSubject {
        switch kind {
        case .floor:
            return try BenchSubject(
                executable: BenchSubject.ownExecutable.path,
                arguments: [
                    "floor", "--brokers", cluster.bootstrapServers, "--intake", cluster.intake, "--partitions",
                    "\(scenario.intakePartitions)", "--delivery", cluster.delivery, "--fetch-wait",
                    "\(cluster.fetchWait)",
                ],
                environment: [:],
                readyText: "ready",
                readyCount: 1
            )
        case .pod:
            let settings = [
                "KAFKA_BROKERS": cluster.bootstrapServers, "KAFKA_CONSUMER_GROUP": cluster.group,
                "SCHEDULE_CREATE_KAFKA_TOPIC": cluster.intake, "DEAD_LETTER_KAFKA_TOPIC": cluster.deadLetters,
                "APP_HOST": "127.0.0.1", "APP_PORT": "0", "LOG_LEVEL": "info", "LOG_FORMAT": "text",
                "SCHEDULE_STORE": store, "SQLITE_PATH": path,
                "KAFKA_PROPERTY_FETCH_WAIT_MAX_MS": "\(cluster.fetchWait)",
            ]
            return try BenchSubject(
                executable: podExecutable,
                arguments: ["serve"],
                environment: settings,
                readyText: " firing ",
                readyCount: scenario.intakePartitions
            )
        }
    }

    private func measureDeliveries(
        _ sender: inout BenchSender,
        _ subject: BenchSubject,
        _ cluster: BenchCluster,
        _ result: inout BenchResult
    ) throws {
        let count = scenario.count
        if scenario.pending > 0 {
            result.figures += [
                ("readyMs", subject.startup / .milliseconds(1)),
                ("memoryReadyMB", Double(try subject.memory("VmRSS")) / 1e6),
            ]
        }
        let collector = try BenchCollector(cluster, capacity: count)
        let processor = try subject.processorSeconds
        let begin = BenchCollector.microseconds()
        let instant = try send(&sender, begin: begin / 1_000, collector)
        let arrivals = collector.finish(count)
        // What is left to do, such as deletes in the store, counts too.
        usleep(500_000)
        let used = try subject.processorSeconds - processor
        let sorted = arrivals.lateness.sorted()
        switch scenario {
        case .throughput:
            result.figures.append(("perSecond", Double(count) / Double(arrivals.last - begin) * 1e6))
        case .burst20k, .burst200k:
            result.figures.append(("lastAfterMs", Double(arrivals.last - instant * 1_000) / 1e3))
        default:
            break
        }
        result.figures += [
            ("processorUs", used / Double(count) * 1e6),
            ("early", Double(arrivals.early)),
            ("repeated", Double(arrivals.repeated)),
            ("missing", Double(count - arrivals.isHere.count { $0 })),
            ("memoryMB", Double(try subject.memory("VmHWM")) / 1e6),
        ]
        if scenario != .throughput {
            result.figures.append(("handedP99Ms", Double(percentile(99, of: arrivals.handed.sorted()))))
            result.latenessMs = BenchResult.percentiles.map { Double(percentile($0, of: sorted)) / 1e3 }
        }
    }

    /// How many a second go through beside what is pending.
    private func measureThroughput(
        _ sender: inout BenchSender,
        _ cluster: BenchCluster,
        _ result: inout BenchResult
    ) throws {
        let count = 100_000
        let collector = try BenchCollector(cluster, capacity: scenario.count + count)
        let begin = BenchCollector.microseconds()
        try sendDue(&sender, count, begin: begin / 1_000, collector)
        let arrivals = collector.finish(count)
        result.figures += [
            ("perSecond", Double(count) / Double(arrivals.last - begin) * 1e6),
            ("missingThen", Double(count - arrivals.isHere.count { $0 })),
        ]
    }

    /// Sends requests that are due already, so many at a time as may be on their way.
    private func sendDue(_ sender: inout BenchSender, _ count: Int, begin: Int64, _ collector: BenchCollector) throws {
        for number in 0..<count {
            while number - collector.count.load(ordering: .relaxed) >= Self.window {
                try sender.takeReports()
                usleep(200)
            }
            try sender.send(due: begin)
        }
    }

    /// Sends everything; the instant of a burst is the answer.
    private func send(_ sender: inout BenchSender, begin: Int64, _ collector: BenchCollector) throws -> Int64 {
        let count = scenario.count
        switch scenario {
        case .throughput, .creates, .idle:
            try sendDue(&sender, count, begin: begin, collector)
            return begin
        case .burst20k, .burst200k:
            // Half of the time until then is for the store.
            let instant = begin + Self.lead + Int64(count) / 10
            try pace(&sender, perMillisecond: 20) { _ in instant }
            return instant
        case .lateness2k, .pending100k, .pending1m, .pending10m:
            try pace(&sender, perMillisecond: 2) { $0 + Self.lead }
            return begin
        case .lateness20k:
            try pace(&sender, perMillisecond: 20) { $0 + Self.lead }
            return begin
        }
    }

    /// Sends so many in each millisecond; `due` tells from the time of sending when each is due.
    private func pace(_ sender: inout BenchSender, perMillisecond: Int, due: (Int64) -> Int64) throws {
        let begin = BenchCollector.microseconds() / 1_000
        var sent = 0
        while sent < scenario.count {
            let now = BenchCollector.microseconds() / 1_000
            let wanted = min(scenario.count, Int(now - begin + 1) * perMillisecond)
            while sent < wanted {
                try sender.send(due: due(begin + Int64(sent / perMillisecond)))
                sent += 1
            }
            try sender.takeReports()
            usleep(1_000)
        }
    }

    private func measureCreates(
        _ sender: inout BenchSender,
        _ subject: BenchSubject,
        _ cluster: BenchCluster,
        _ result: inout BenchResult
    ) throws {
        let inspector = try KafkaInspector(
            group: cluster.group,
            properties: ["bootstrap.servers": cluster.bootstrapServers]
        )
        func committed() throws -> Int {
            let offsets = try inspector.committedOffsets(
                topic: cluster.intake,
                partitions: scenario.intakePartitions,
                timeout: .seconds(5)
            )
            return offsets.reduce(0) { $0 + Int($1 ?? 0) }
        }
        let processor = try subject.processorSeconds
        let begin = BenchCollector.microseconds()
        let due = begin / 1_000 + 86_400_000
        var done = 0
        for number in 0..<scenario.count {
            while number - done >= Self.window {
                try sender.takeReports()
                usleep(10_000)
                done = try committed()
            }
            try sender.send(due: due)
        }
        while done < scenario.count {
            try sender.takeReports()
            usleep(5_000)
            done = try committed()
        }
        let end = BenchCollector.microseconds()
        let used = try subject.processorSeconds - processor
        result.figures = [
            ("perSecond", Double(scenario.count) / Double(end - begin) * 1e6),
            ("processorUs", used / Double(scenario.count) * 1e6),
            ("memoryMB", Double(try subject.memory("VmHWM")) / 1e6),
        ]
    }

    private func fill(delivery: String) async throws {
        let store = BenchStore(
            path: path,
            count: scenario.pending,
            partitions: Int32(scenario.intakePartitions),
            topic: delivery,
            payloadBytes: payloadBytes,
            // Filling takes 8 s for a million.
            begin: EpochMilliseconds(
                rawValue: BenchCollector.microseconds() / 1_000 + 20_000 + Int64(scenario.pending) / 50
            )
        )
        try await store.fill()
    }

    private func measureIdle(_ subject: BenchSubject, _ result: inout BenchResult) async throws {
        let client = try HTTPClient()
        defer { client.close() }
        // What its beginning has left to do is over by then.
        try await Task.sleep(for: .seconds(20))
        let processor = try subject.processorSeconds
        let begin = ContinuousClock.now
        for _ in 0..<4 {
            try await scrape(subject, client)
            try await Task.sleep(for: .seconds(15))
        }
        let seconds = (ContinuousClock.now - begin) / .seconds(1)
        result.figures = [
            ("corePercent", (try subject.processorSeconds - processor) / seconds * 100),
            ("anonymousMB", Double(try subject.memory("RssAnon")) / 1e6),
            ("memoryMB", Double(try subject.memory("VmRSS")) / 1e6),
            ("threads", Double(try subject.threads)),
        ]
    }

    private func scrape(_ subject: BenchSubject, _ client: HTTPClient) async throws {
        guard let port = subject.firstLine(containing: "HTTP API serves")?.split(separator: "port=").last else {
            throw BenchError("the pod does not say where it serves")
        }
        let url = "http://127.0.0.1:\(port.prefix { $0.isNumber })/metrics"
        let answer = try await client.send(HTTPRequest(method: "GET", url: url, timeout: .seconds(5)))
        guard answer.status == 200 else { throw BenchError("the pod answers \(answer.status) to \(url)") }
    }
}
