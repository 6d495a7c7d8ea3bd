import Glibc
import Kafka
import Testing

@Suite struct SignalTests {
    @Test func `a report makes the file descriptor readable`() async throws {
        let cluster = try LocalKafka(topics: ["t": 1])
        let producer = try TestProducer(cluster)
        let signal = try Signal()
        producer.producer.signal(fileDescriptor: signal.writeEnd)
        for count in 1...3 {
            try producer.produce("t", value: [1])
            // Only the signal starts a poll: one that went missing would end this test by its patience.
            try await wait("report \(count)", step: { if signal.take() { producer.poll() } }) {
                producer.reports.count == count
            }
        }
    }

    @Test func `reports and events from before the signal are signalled too`() async throws {
        let cluster = try LocalKafka(topics: ["t": 1])
        let producer = try TestProducer(cluster)
        try producer.produce("t", value: [1])
        // Its report comes right after it can be read.
        try await wait("the record") { (try? readAll(cluster, "t").count) == 1 }
        let signal = try Signal()
        producer.producer.signal(fileDescriptor: signal.writeEnd)
        try await wait("the report", step: { if signal.take() { producer.poll() } }) { producer.reports.count == 1 }
    }

    @Test func `records and events make the file descriptor readable`() async throws {
        let cluster = try LocalKafka(topics: ["t": 1])
        let producer = try TestProducer(cluster)
        let member = try TestMember(cluster, topic: "t")
        let signal = try Signal()
        member.consumer.signal(fileDescriptor: signal.writeEnd)
        func step() throws { if signal.take() { try member.poll() } }
        try member.poll()
        try await wait("the assignment", step: step) { member.held == [0] }
        for count in 1...20 {
            try producer.produce("t", value: [UInt8(count)])
            try await producer.settle(count)
            try await wait("record \(count)", step: step) { member.records.count == count }
        }
        try member.consumer.commit([0: GroupOffset(offset: 20)])
        try await wait("the commit", step: step) { member.commits.count == 1 }
        member.consumer.close()
    }
}

/// A pipe in the place of an eventfd.
private final class Signal {
    let readEnd: Int32
    let writeEnd: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        for end in ends {
            try #require(fcntl(end, F_SETFL, O_NONBLOCK) == 0)
        }
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// Whether it was readable; empties it.
    func take() -> Bool {
        var bytes = [UInt8](repeating: 0, count: 64)
        var wasReadable = false
        while read(readEnd, &bytes, bytes.count) > 0 { wasReadable = true }
        return wasReadable
    }
}
