import Runtime
import Scheduling
import TestSupport
import Testing

@testable import ClockworkService

/// A hundred paths of one host with a callback a second each, on a clock of the test's own. Every tenth path is dead in the
/// run that is compared: half of those answer 503 and half do not answer for ten seconds.
@Suite struct CallbackFairnessTests {
    private enum Event {
        case due(CallbackCall)
        case ended(CallbackCall, CallbackEndpoint.Standing, isAnswered: Bool)
    }

    private struct World {
        private static let paths = 100
        private static let seconds: Int64 = 120
        private static let maximumInFlight = 512

        private let hasDead: Bool
        private let isBurst: Bool
        private var random = SeededRandom(seed: 1)
        private var hosts = CallbackHosts(maximumInFlight: Self.maximumInFlight)
        private var events: [Int64: [Event]] = [:]
        private var lateness: [Int64] = []

        /// - Parameter isBurst: whether all callbacks of a second are due at once.
        init(hasDead: Bool, isBurst: Bool) {
            self.hasDead = hasDead
            self.isBurst = isBurst
            for second in 0..<Self.seconds {
                for path in 0..<Self.paths {
                    let time = second * 1_000 + (isBurst ? 0 : Int64(path) * 10)
                    let offset = second * Int64(Self.paths) + Int64(path)
                    events[time, default: []].append(.due(.example(offset, path: "/hooks/\(path)")))
                }
            }
        }

        private func isDead(_ call: CallbackCall) -> Bool { hasDead && call.offset.isMultiple(of: 10) }

        private mutating func putOff(_ call: CallbackCall, to time: Int64, _ now: Int64) {
            events[max(time, now + 1), default: []].append(.due(call))
        }

        /// The lateness at the start of the attempts to healthy paths, in milliseconds, in order.
        mutating func run() -> [Int64] {
            for time in 0..<(Self.seconds + 60) * 1_000 {
                let now = Moment(wall: EpochMilliseconds(rawValue: time), uptime: Uptime(milliseconds: time))
                for event in events.removeValue(forKey: time) ?? [] { handle(event, now) }
                while let (call, place) = hosts.takeNext() { begin(call, place, time) }
            }
            return lateness.sorted()
        }

        private mutating func handle(_ event: Event, _ now: Moment) {
            let time = now.wall.rawValue
            switch event {
            case .due(let call):
                if case .putOff(let later) = hosts.admit(call, now) { putOff(call, to: later.rawValue, time) }
            case .ended(let call, let place, true):
                hosts.answered(call, place)
            case .ended(let call, let place, false):
                for (other, later) in hosts.failed(call, place, now) { putOff(other, to: later.rawValue, time) }
                let attempt = call.schedule.attempt
                guard attempt < 8 else { return }
                let backoff = call.target.retry.backoffMilliseconds(afterAttempt: attempt)
                let retry = CallbackCall.example(
                    call.offset,
                    path: call.target.url.path.description,
                    attempt: attempt + 1
                )
                putOff(retry, to: time + Int64.random(in: 0...backoff, using: &random), time)
            }
        }

        private mutating func begin(_ call: CallbackCall, _ place: CallbackEndpoint.Standing, _ time: Int64) {
            let isDead = isDead(call)
            if !isDead, !call.offset.isMultiple(of: 10) { lateness.append(time - due(call)) }
            let took: Int64 = !isDead ? 20 : call.offset.isMultiple(of: 20) ? 10_000 : 5
            events[time + took, default: []].append(.ended(call, place, isAnswered: !isDead))
        }

        /// When it was due at first.
        private func due(_ call: CallbackCall) -> Int64 {
            let second = call.offset / Int64(Self.paths)
            return second * 1_000 + (isBurst ? 0 : call.offset % Int64(Self.paths) * 10)
        }
    }

    private func percentile(_ share: Double, _ values: [Int64]) -> Int64 {
        values.isEmpty ? .max : values[min(values.count - 1, Int(Double(values.count) * share))]
    }

    @Test(arguments: [false, true])
    func `ten dead paths of a hundred do not make the others late`(isBurst: Bool) {
        var (alone, besideDead) = (World(hasDead: false, isBurst: isBurst), World(hasDead: true, isBurst: isBurst))
        let (without, with) = (alone.run(), besideDead.run())
        for (name, values) in [("without dead paths", without), ("with ten dead paths", with)] {
            print(
                "callbacks, \(isBurst ? "all of a second due at once" : "due one after the other"), \(name):",
                "\(values.count) healthy, late by p50 \(percentile(0.5, values)) ms,",
                "p99 \(percentile(0.99, values)) ms, at most \(values.last ?? -1) ms"
            )
        }
        #expect(with.count == without.count)
        #expect(percentile(0.99, with) <= percentile(0.99, without) + 20)
        #expect((with.last ?? .max) <= 1_000)
    }
}
