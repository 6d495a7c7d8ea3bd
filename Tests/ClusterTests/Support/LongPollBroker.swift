import Foundation
import Glibc
import Synchronization

/// One broker of a `LongPollKafka`.
final class LongPollBroker: Sendable {
    /// How a connection ends that its client has not closed: by a word to the client, or without one.
    enum End {
        case closed, forgotten
    }

    private struct State {
        var connections: [ObjectIdentifier: Connection] = [:]
        var isStopped = false
    }

    let port: UInt16
    private let server: UInt16
    private let way: Mutexed<LongPollKafka.Way>
    private let listener: Int32
    private let state = Mutex(State())

    /// How long the cluster holds an empty fetch before it is asked again, in milliseconds. By itself it holds one for the
    /// whole wait, whatever arrives meanwhile.
    private static let step = 5

    init(server: UInt16, _ way: Mutexed<LongPollKafka.Way>) throws {
        self.server = server
        self.way = way
        (listener, port) = try LocalSocket.listen()
        let broker = self
        Thread.detachNewThread { broker.accept() }
    }

    /// Ends the connections that have been idle for so long at the least.
    func end(_ end: End, idleFor time: Duration = .zero) {
        for connection in state.withLock({ $0.connections.values }) { connection.end(end, idleFor: time) }
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        end(.closed)
    }

    private func accept() {
        while !state.withLock({ $0.isStopped }) {
            guard LocalSocket.isReadable(listener, milliseconds: 20) else { continue }
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { continue }
            guard let server = LocalSocket.connect(port: server) else {
                close(client)
                continue
            }
            let connection = Connection(client: client, server: server)
            let isStopped = state.withLock { state in
                state.connections[ObjectIdentifier(connection)] = connection
                return state.isStopped
            }
            if isStopped { connection.end(.closed) }
            Thread.detachNewThread { [self] in
                serve(connection)
                connection.close()
                _ = state.withLock { $0.connections.removeValue(forKey: ObjectIdentifier(connection)) }
            }
        }
        close(listener)
    }

    private func serve(_ connection: Connection) {
        let answers = Answers(to: connection.client)
        defer { answers.finish() }
        while connection.works() {
            // The server speaks unasked only to say goodbye.
            if LocalSocket.isReadable(connection.server, milliseconds: 0), connection.works() { return }
            guard LocalSocket.isReadable(connection.client, milliseconds: 20) else { continue }
            if let limit = way.withLock({ $0.idleLimit }) { connection.end(.forgotten, idleFor: limit) }
            // What was on its way when it was forgotten.
            guard connection.works(), let request = LocalSocket.readMessage(connection.client) else { return }
            connection.isUsed()
            let answer = answer(request, connection)
            guard connection.works(), let answer else { return }
            answers.send(answer, after: way.withLock { $0.roundTrip })
        }
    }

    private func answer(_ request: Data, _ connection: Connection) -> Data? {
        guard let head = KafkaRequestHead(request) else { return exchange(request, nil, connection) }
        if let refusal = way.withLock({ $0.refusal })?.answer(to: request, head) { return refusal }
        guard var fetch = FetchRequest(request, head) else { return exchange(request, head, connection) }
        let deadline = ContinuousClock.now + .milliseconds(fetch.maxWait)
        while true {
            fetch.maxWait = max(0, min(Self.step, Int((deadline - .now) / .milliseconds(1))))
            guard var answer = exchange(fetch.message, head, connection) else { return nil }
            if way.withLock({ $0.garblesFetches }) {
                // Lengths of nearly 2 GiB, behind the length and the number of the answer.
                for index in answer.indices.dropFirst(8) { answer[index] = 0x7F }
                return answer
            }
            let isOver = ContinuousClock.now >= deadline || connection.state != .works
            guard fetch.finds(nothingIn: answer), !isOver else { return answer }
        }
    }

    private func exchange(_ request: Data, _ head: KafkaRequestHead?, _ connection: Connection) -> Data? {
        guard LocalSocket.send(request, connection.server) else { return nil }
        // A group's answer can take long, and may find nobody who waits for it.
        while !LocalSocket.isReadable(connection.server, milliseconds: 20) {
            if LocalSocket.hasEnded(connection.client) { return nil }
        }
        guard var answer = LocalSocket.readMessage(connection.server) else { return nil }
        let way = way.withLock { $0 }
        if let head, head.kind == .metadata, !way.shownPartitions.isEmpty {
            MetadataAnswer.hide(allBut: way.shownPartitions, in: &answer, to: head)
        }
        for (broker, proxy) in way.ports {
            KafkaBytes.replace(KafkaBytes.address(broker), by: KafkaBytes.address(proxy), in: &answer)
        }
        return answer
    }

    /// A connection of a client, and the one to the cluster behind it.
    private final class Connection: Sendable {
        enum State: Equatable {
            case works
            case ended(End)
        }

        let client: Int32
        let server: Int32
        /// Closed descriptors may be given out again, so nothing is done to one that is not open.
        private let current = Mutex((state: State.works, usedAt: ContinuousClock.now, isOpen: true))

        init(client: Int32, server: Int32) {
            self.client = client
            self.server = server
        }

        var state: State { current.withLock { $0.state } }

        func isUsed() {
            current.withLock { $0.usedAt = .now }
        }

        func end(_ end: End, idleFor time: Duration = .zero) {
            current.withLock { current in
                // One that was forgotten can still be closed.
                guard current.state == .works || end == .closed, .now - current.usedAt >= time else { return }
                current.state = .ended(end)
                // The mock brokers cannot cope with a member that joins anew while its earlier join still waits on another
                // connection.
                if current.isOpen { shutdown(server, Int32(SHUT_RDWR)) }
            }
        }

        func close() {
            current.withLock { current in
                current.isOpen = false
                Glibc.close(client)
                Glibc.close(server)
            }
        }

        /// Whether it works; does not come back while it is forgotten and the client still has it.
        func works() -> Bool {
            while true {
                switch state {
                case .works: return true
                case .ended(.closed): return false
                case .ended(.forgotten):
                    if LocalSocket.hasEnded(client) { return false }
                    usleep(20_000)
                }
            }
        }
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
