import Foundation
import ScriptedServer
import Synchronization

/// A host of callbacks with several paths, half of which may not be well. It keeps what it has answered with success as
/// records, which the verifier knows how to judge.
final class CallbackHost: Sendable {
    /// How every other path answers.
    enum Mood: Sendable {
        case well
        /// With 503.
        case failing
        /// With success, late.
        case slow(Duration)
        /// With 429 and the time before which it wants no other attempt, in seconds.
        case limited(retryAfter: Int)
        /// Not at all: it closes the connection.
        case hungUp
    }

    private struct State {
        let checksLimits: Bool
        var mood = Mood.well
        var records: [ReadRecord] = []
        /// Of requests that were asked to come later: the attempt, and until when the next one is too early.
        var limits: [String: (attempt: Int, end: ContinuousClock.Instant)] = [:]
        var problems: [String] = []

        /// An owner that has not heard of a limit makes the same attempt again. The next one has to wait.
        mutating func checkLimit(_ request: ScriptedServer.Request) {
            guard checksLimits, let limit = limits[request.id], request.attempt > limit.attempt else { return }
            let rest = limit.end - .now
            if rest > .zero {
                problems.append("\(request.id): attempt \(request.attempt) came \(rest) before Retry-After")
            }
        }
    }

    /// All that may be called.
    let urls: [String]
    private let server: ScriptedServer
    private let state: Mutexed<State>

    /// - Parameter checksLimits: whether Retry-After is to be kept. By a clock that is stepped it is not: what is written
    ///   down is a time of the clock.
    init(checksLimits: Bool) {
        let state = Mutexed(State(checksLimits: checksLimits))
        self.state = state
        let server = ScriptedServer { Self.react(to: $0, state) }
        self.server = server
        urls = (0..<6).map { "\(server.url)/hooks/\($0)" }
    }

    func stop() {
        server.stop()
    }

    func setMood(_ mood: Mood) {
        state.withLock { $0.mood = mood }
    }

    /// The callbacks that were made.
    var records: [ReadRecord] { state.withLock { $0.records } }

    /// What must not be, besides what the records show.
    var problems: [String] { state.withLock { $0.problems } }

    private static func react(to request: ScriptedServer.Request, _ state: Mutexed<State>) -> ScriptedServer.Reaction {
        let isWell = request.path.last?.wholeNumberValue?.isMultiple(of: 2) ?? true
        let mood = state.withLock { state in
            state.checkLimit(request)
            return isWell ? .well : state.mood
        }
        switch mood {
        case .failing: return .answer(status: 503)
        case .hungUp: return .hangUp
        case .limited(let seconds):
            state.withLock { $0.limits[request.id] = (request.attempt, .now + .seconds(seconds)) }
            return .answer(status: 429, headers: ["Retry-After: \(seconds)"])
        case .well: break
        case .slow(let delay): usleep(UInt32(delay / .microseconds(1)))
        }
        let record = ReadRecord(request)
        state.withLock { $0.records.append(record) }
        return .answer(status: 200)
    }
}

extension ScriptedServer.Request {
    /// That of the schedule.
    fileprivate var id: String { headers["webhook-id"] ?? "" }
}

extension ReadRecord {
    /// A callback as a record: its topic is the URL.
    fileprivate init(_ request: ScriptedServer.Request) {
        topic = "http://\(request.headers["host"] ?? "")\(request.path)"
        partition = 0
        offset = Int64(request.index)
        arrival = nowMilliseconds()
        // The time of the attempt by the pod's clock, of which the request tells the second. Where that is the present
        // second, it is now.
        let second = (request.headers["webhook-timestamp"].flatMap { Int64($0) } ?? 0) * 1_000
        timestamp = second..<(second + 1_000) ~= arrival ? arrival : second + 999
        let names = ["clockwork-id", "clockwork-client-id", "clockwork-schedule-key", "clockwork-schedule-time"]
        record = TestRecord(
            key: nil,
            value: request.body,
            headers: names.map { .init($0, request.headers[$0].map { Array($0.utf8) }) }
        )
    }
}
