import Foundation
import Glibc
import Kafka
import Synchronization

/// Stands in front of a local cluster and serves its connections as real brokers do: the requests of a connection one
/// after the other, a fetch that finds nothing until something is there or its wait is over. So what is sent behind a
/// fetch waits for it.
///
/// The mock brokers hold an empty fetch for its whole wait, whatever arrives meanwhile. Here they are asked again and
/// again instead. Also plays the firewall or balancer between client and broker.
final class LongPollKafka: Sendable {
    /// The brokers' addresses, as `bootstrap.servers` takes them.
    let bootstrapServers: String
    private let brokers: [LongPollBroker]

    /// - Parameter servers: the addresses of the cluster.
    init(inFrontOf servers: String) throws {
        let ports = servers.split(separator: ",").compactMap { UInt16($0.split(separator: ":").last!) }
        brokers = try ports.map(LongPollBroker.init)
        let pairs = zip(ports, brokers.map(\.port)).map { (broker: $0, proxy: $1) }
        for broker in brokers { broker.setPorts(pairs) }
        bootstrapServers = brokers.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
    }

    /// Delays each answer. Unlike the round trip of the mock brokers it is the pods' alone.
    func setRoundTrip(_ delay: Duration) {
        for broker in brokers { broker.setRoundTrip(delay) }
    }

    /// Has every fetch answered, from now on or no more, with what no client can read.
    func garbleFetches(_ isGarbling: Bool) {
        for broker in brokers { broker.setGarbling(isGarbling) }
    }

    /// Lets nothing pass any more on a connection that was idle for so long, and says so to nobody, as firewalls do.
    func forgetIdleConnections(after idle: Duration) {
        for broker in brokers { broker.forgetIdle(after: idle) }
    }

    /// Does so with all connections that there are, those in use as well. New ones work.
    func forgetConnections() {
        for broker in brokers { broker.endEpoch(.forgotten) }
    }

    /// Closes the connections that there are, as brokers do with idle ones. New ones work.
    func closeConnections() {
        for broker in brokers { broker.endEpoch(.closed) }
    }

    /// How many connections work.
    var openConnections: Int { brokers.reduce(0) { $0 + $1.openConnections } }

    /// Ends its threads, soon.
    func stop() {
        for broker in brokers { broker.stop() }
    }
}

/// One broker of a `LongPollKafka`.
private final class LongPollBroker: Sendable {
    /// How connections of an earlier time end.
    enum End {
        case closed, forgotten
    }

    private struct State {
        var ports: [(broker: UInt16, proxy: UInt16)] = []
        /// Connections belong to the epoch in which they were made.
        var epoch = 0
        var end = End.closed
        var open = 0
        var roundTrip = Duration.zero
        var isGarbling = false
        /// After how long an idle connection is forgotten.
        var idleLimit: Duration?
        var isStopped = false
    }

    let port: UInt16
    private let server: UInt16
    private let listener: Int32
    private let state = Mutex(State())

    /// How long the cluster holds an empty fetch before it is asked again, in milliseconds.
    private static let step: Int32 = 5

    init(server: UInt16) throws {
        self.server = server
        (listener, port) = try LocalSocket.listen()
        let broker = self
        Thread.detachNewThread { broker.accept() }
    }

    func setPorts(_ ports: [(broker: UInt16, proxy: UInt16)]) { state.withLock { $0.ports = ports } }

    func setRoundTrip(_ delay: Duration) { state.withLock { $0.roundTrip = delay } }

    func setGarbling(_ isGarbling: Bool) { state.withLock { $0.isGarbling = isGarbling } }

    func forgetIdle(after idle: Duration) { state.withLock { $0.idleLimit = idle } }

    func endEpoch(_ end: End) {
        state.withLock { state in
            state.epoch += 1
            state.end = end
            state.open = 0
        }
    }

    var openConnections: Int { state.withLock { $0.open } }

    func stop() { state.withLock { $0.isStopped = true } }

    private func accept() {
        while !state.withLock({ $0.isStopped }) {
            guard LocalSocket.isReadable(listener, milliseconds: 20) else { continue }
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { continue }
            guard let server = LocalSocket.connect(port: server) else {
                close(client)
                continue
            }
            let epoch = state.withLock { state in
                state.open += 1
                return state.epoch
            }
            Thread.detachNewThread { [self] in
                serve(client, server, epoch)
                close(server)
                close(client)
                state.withLock { if $0.epoch == epoch { $0.open -= 1 } }
            }
        }
        close(listener)
    }

    /// Whether a connection still works; does not come back as long as it is forgotten.
    private func works(_ epoch: Int) -> Bool {
        while true {
            let state = state.withLock { $0 }
            if state.isStopped { return false }
            if state.epoch == epoch { return true }
            if state.end == .closed { return false }
            usleep(20_000)
        }
    }

    private func serve(_ client: Int32, _ server: Int32, _ epoch: Int) {
        let answers = Answers(to: client)
        defer { answers.finish() }
        var lastUse = ContinuousClock.now
        while works(epoch) {
            // The server speaks unasked only to say goodbye.
            if LocalSocket.isReadable(server, milliseconds: 0) { return }
            guard LocalSocket.isReadable(client, milliseconds: 20) else { continue }
            guard let request = LocalSocket.readMessage(client) else { return }
            if let limit = state.withLock({ $0.idleLimit }), lastUse.duration(to: .now) > limit {
                // Nothing comes back, whatever else is sent, until the client gives up.
                while !state.withLock({ $0.isStopped }), LocalSocket.readMessage(client) != nil {}
                return
            }
            guard let answer = answer(request, server, epoch), works(epoch) else { return }
            lastUse = .now
            answers.send(answer, after: state.withLock { $0.roundTrip })
        }
    }

    private func answer(_ request: Data, _ server: Int32, _ epoch: Int) -> Data? {
        guard var fetch = FetchRequest(request) else { return exchange(request, server) }
        let deadline = ContinuousClock.now + .milliseconds(fetch.maxWait)
        while true {
            let rest = max(0, (deadline - .now) / .milliseconds(1))
            fetch.maxWait = min(Self.step, Int32(rest))
            guard var answer = exchange(fetch.message, server) else { return nil }
            if state.withLock({ $0.isGarbling }) {
                // Lengths of nearly 2 GiB, behind the length and the number of the answer.
                for index in answer.indices.dropFirst(8) { answer[index] = 0x7F }
                return answer
            }
            guard fetch.finds(nothingIn: answer), ContinuousClock.now < deadline, works(epoch) else { return answer }
        }
    }

    private func exchange(_ request: Data, _ server: Int32) -> Data? {
        guard LocalSocket.send(request, server), var answer = LocalSocket.readMessage(server) else { return nil }
        for (broker, proxy) in state.withLock({ $0.ports }) {
            KafkaBytes.replace(port: broker, by: proxy, in: &answer)
        }
        return answer
    }
}

/// Answers on their way to a client, in order, each for as long as it takes.
private final class Answers: Sendable {
    private let client: Int32
    private let queue = DispatchQueue(label: "answers")
    private let waiting = Mutex<[Data]>([])

    init(to client: Int32) {
        self.client = client
    }

    func send(_ answer: Data, after delay: Duration) {
        waiting.withLock { $0.append(answer) }
        queue.asyncAfter(deadline: .now() + delay / .seconds(1)) { [self] in
            // The first one, whichever delay has passed: none may overtake another.
            let next = waiting.withLock { $0.removeFirst() }
            if !LocalSocket.send(next, client) { shutdown(client, Int32(SHUT_RDWR)) }
        }
    }

    /// Waits until the last one has left; the connection may be closed then.
    func finish() {
        while waiting.withLock({ !$0.isEmpty }) { usleep(1_000) }
        queue.sync {}
    }
}

/// A fetch of the Kafka protocol in one of its fixed-width versions, 4 to 11.
private struct FetchRequest {
    private(set) var message: Data
    private let version: Int
    private let waitAt: Int

    init?(_ message: Data) {
        var cursor = KafkaCursor(message, at: 4)
        let kind = cursor.integer(2)
        version = cursor.integer(2)
        guard kind == 1, 4...11 ~= version else { return nil }
        cursor.skip(4)
        cursor.skipText()
        cursor.skip(4)
        waitAt = cursor.position
        self.message = message
    }

    /// How long the broker may wait for records, in milliseconds.
    var maxWait: Int32 {
        get {
            var cursor = KafkaCursor(message, at: waitAt)
            return Int32(truncatingIfNeeded: cursor.integer(4))
        }
        set {
            for index in 0..<4 {
                message[message.startIndex + waitAt + index] = UInt8(
                    truncatingIfNeeded: newValue >> (8 * (3 - Int32(index)))
                )
            }
        }
    }

    /// Whether an answer has neither records nor errors.
    func finds(nothingIn answer: Data) -> Bool {
        var cursor = KafkaCursor(answer, at: 12)
        if version >= 7 {
            guard cursor.integer(2) == 0 else { return false }
            cursor.skip(4)
        }
        for _ in 0..<cursor.integer(4) {
            cursor.skipText()
            for _ in 0..<cursor.integer(4) {
                cursor.skip(4)
                guard cursor.integer(2) == 0 else { return false }
                cursor.skip(version >= 5 ? 24 : 16)
                cursor.skip(16 * max(0, cursor.integer(4)))
                if version >= 11 { cursor.skip(4) }
                guard cursor.integer(4) <= 0 else { return false }
            }
        }
        return true
    }
}

/// Reads numbers of the Kafka protocol.
private struct KafkaCursor {
    private let bytes: Data
    private(set) var position: Int

    init(_ bytes: Data, at position: Int) {
        self.bytes = bytes
        self.position = position
    }

    mutating func skip(_ count: Int) { position += count }

    mutating func skipText() { skip(max(0, integer(2))) }

    /// A number of so many bytes, the highest first.
    mutating func integer(_ size: Int) -> Int {
        guard position + size <= bytes.count else { return 0 }
        defer { position += size }
        let value = bytes.dropFirst(position).prefix(size).reduce(0) { $0 << 8 | Int($1) }
        return value >= 1 << (8 * size - 1) ? value - 1 << (8 * size) : value
    }
}
