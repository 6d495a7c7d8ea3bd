import Runtime
import Scheduling
import Testing

@testable import ClockworkService

@Suite struct CallbackHostTests {
    /// A host by reference, whose answers can be looked at where they are asked for. What is in flight is kept here.
    private final class Host {
        private var host = CallbackHost()
        private(set) var inFlight: [(call: CallbackCall, place: CallbackEndpoint.Standing)] = []

        var isPaused: Bool { host.isPaused }
        var queuedCount: Int { host.queuedCount }
        var endpointCount: Int { host.endpointCount }

        func state(_ path: String) -> CallbackBreaker.State? {
            host.state(of: CallbackCall.example(0, path: path).endpoint)
        }

        /// The time to which it is put off; `nil` where it is accepted.
        @discardableResult
        func admit(_ call: CallbackCall, _ now: Int64) -> Int64? {
            if case .putOff(let time) = host.admit(call, moment(now)) { time.rawValue } else { nil }
        }

        /// Begins what may begin.
        ///
        /// - Returns: the offsets of it.
        @discardableResult
        func start(atMost limit: Int = .max) -> [Int64] {
            var begun: [Int64] = []
            for lane in CallbackLane.allCases {
                while begun.count < limit, let next = host.takeNext(lane) {
                    inFlight.append(next)
                    begun.append(next.call.offset)
                }
            }
            return begun
        }

        private func take(_ path: String) -> (call: CallbackCall, place: CallbackEndpoint.Standing)? {
            let endpoint = CallbackCall.example(0, path: path).endpoint
            guard let index = inFlight.firstIndex(where: { $0.call.endpoint == endpoint }) else {
                Issue.record("nothing is in flight to \(path)")
                return nil
            }
            return inFlight.remove(at: index)
        }

        func answered(_ path: String = "/") {
            guard let (call, place) = take(path) else { return }
            host.answered(call.endpoint, place)
        }

        @discardableResult
        func failed(_ path: String = "/", _ now: Int64) -> [Int64: Int64] {
            guard let (call, place) = take(path) else { return [:] }
            let putOff = host.failed(call.endpoint, place, moment(now))
            return Dictionary(uniqueKeysWithValues: putOff.map { ($0.call.offset, $0.time.rawValue) })
        }

        func givenUp(_ path: String = "/") {
            guard let (call, place) = take(path) else { return }
            host.givenUp(call.endpoint, place)
        }

        func removeQueued(of owner: UInt32) -> [Int64] { host.removeQueued(of: owner).map(\.offset) }

        func isIdle(_ now: Int64) -> Bool { host.isIdle(Uptime(milliseconds: now)) }

        private func moment(_ milliseconds: Int64) -> Moment {
            Moment(wall: EpochMilliseconds(rawValue: milliseconds), uptime: Uptime(milliseconds: milliseconds))
        }

        /// An answered call to each path: then it is known to work.
        func prove(_ paths: [String], _ now: Int64 = 0) {
            for path in paths {
                admit(.example(0, path: path), now)
                start()
                answered(path)
            }
        }

        /// Failed calls to a path until its breaker is open.
        func breakEndpoint(_ path: String, _ now: Int64) {
            for _ in 0..<5 {
                admit(.example(0, path: path), now)
                start()
                failed(path, now)
            }
        }
    }

    // MARK: An endpoint

    @Test func `a share begins small, grows with success and is halved by a failure`() {
        let host = Host()
        for offset in 0..<20 as Range<Int64> { host.admit(.example(offset), 0) }
        #expect(host.start().count == 4)
        host.answered()
        #expect(host.start().count == 2)
        host.failed("/", 0)
        #expect(host.start().isEmpty)
        for _ in 0..<3 { host.answered() }
        // Two of five are left in flight, and three have been answered since the share was two.
        #expect(host.inFlight.count == 1)
        #expect(host.start().count == 4)
    }

    @Test func `first come, first sent, and first attempts before retries`() {
        let host = Host()
        for offset in 0..<2 as Range<Int64> { host.admit(.example(offset, attempt: 2), 0) }
        for offset in 2..<4 as Range<Int64> { host.admit(.example(offset), 0) }
        #expect(host.start() == [2, 3, 0, 1])
    }

    @Test func `retries get their turn however many first attempts come`() {
        let host = Host()
        host.admit(.example(99, attempt: 2), 0)
        for offset in 0..<20 as Range<Int64> { host.admit(.example(offset), 0) }
        var begun: [Int64] = []
        while begun.count < 8 {
            begun += host.start(atMost: 1)
            host.answered()
        }
        #expect(begun == [0, 1, 2, 3, 4, 5, 6, 99])
    }

    @Test func `five failures in a row break an endpoint, and what is due and what waits is put off in order`() {
        let host = Host()
        for offset in 0..<8 as Range<Int64> { host.admit(.example(offset), 1_000) }
        host.start()
        for _ in 0..<4 { #expect(host.failed("/", 1_000).isEmpty) }
        host.start()
        #expect(host.failed("/", 1_000) == [5: 2_000, 6: 2_000, 7: 2_000])
        #expect(host.queuedCount == 0)
        #expect(host.isPaused)
        #expect([10, 12, 11].map { host.admit(.example($0), 1_500) } == [2_000, 2_000, 2_001])
        #expect(host.start().isEmpty)
    }

    @Test func `after the pause one request tries it, and a success mends it`() {
        let host = Host()
        host.breakEndpoint("/", 1_000)
        #expect(host.admit(.example(10), 2_000) == nil)
        #expect(host.admit(.example(11), 2_000) != nil)
        #expect(host.start() == [10])
        host.answered()
        #expect(!host.isPaused)
        #expect(host.admit(.example(12), 2_100) == nil)
    }

    // MARK: Many endpoints

    @Test(arguments: [
        ("/a", "/b"), ("/hooks/a", "/hooks/b"), ("/", "/a"), ("/a", "/a/"), ("/A", "/a"), ("/a/b/c/d", "/a/b/c/e"),
        ("/%61", "/a"),
    ])
    func `a path that fails does not delay another`(dead: String, healthy: String) {
        let host = Host()
        host.breakEndpoint(dead, 1_000)
        #expect(host.admit(.example(1, path: dead), 1_001) != nil)
        #expect(host.admit(.example(2, path: healthy), 1_001) == nil)
        #expect(host.start() == [2])
        host.answered(healthy)
        #expect(host.state(dead) == .open(until: Uptime(milliseconds: 2_000), pause: 1_000))
    }

    @Test func `the query is no part of an endpoint`() {
        let host = Host()
        host.breakEndpoint("/a?client=1", 1_000)
        #expect(host.admit(.example(1, path: "/a?client=2"), 1_001) != nil)
        #expect(host.admit(.example(2, path: "/a"), 1_001) != nil)
    }

    @Test func `endpoints take turns`() {
        let host = Host()
        for offset in 0..<4 as Range<Int64> { host.admit(.example(offset, path: "/a"), 0) }
        for offset in 10..<12 as Range<Int64> { host.admit(.example(offset, path: "/b"), 0) }
        #expect(host.start() == [0, 10, 1, 11, 2, 3])
    }

    @Test func `endpoints that fail or are not known leave places to those that work`() {
        let host = Host()
        host.prove(["/good"])
        for offset in 0..<200 as Range<Int64> { host.admit(.example(offset, path: "/new/\(offset)"), 0) }
        let untried = host.start().count
        #expect(untried < CallbackHost.maximumInFlight / 2)
        host.admit(.example(1_000, path: "/good"), 0)
        #expect(host.start() == [1_000])
    }

    @Test func `endpoints that fail leave places to those that are not known yet`() {
        let host = Host()
        let dead = (0..<40).map { "/dead/\($0)" }
        for path in dead {
            host.prove(["/good"])
            host.admit(.example(0, path: path), 0)
            host.start()
            host.failed(path, 0)
        }
        for (offset, path) in dead.enumerated() { host.admit(.example(Int64(offset), path: path, attempt: 2), 0) }
        host.start()
        #expect(0..<40 ~= host.inFlight.count)
        host.admit(.example(100, path: "/new"), 0)
        #expect(host.start() == [100])
    }

    @Test func `an endpoint that has begun to work waits no longer behind those that fail`() {
        let host = Host()
        let dead = (0..<40).map { "/dead/\($0)" }
        for path in dead {
            host.prove(["/good"])
            host.admit(.example(0, path: path), 0)
            host.start()
            host.failed(path, 0)
        }
        // In flight to the last one, and waiting behind the others.
        host.admit(.example(100, path: dead[39]), 0)
        #expect(host.start() == [100])
        for (offset, path) in dead.enumerated() { host.admit(.example(Int64(offset), path: path), 0) }
        host.start()
        #expect(!host.inFlight.contains { $0.call.offset == 39 })
        host.answered(dead[39])
        host.start()
        #expect(host.inFlight.contains { $0.call.offset == 39 })
    }

    @Test func `a host all of whose new paths fail is left alone, but for one request at a time`() {
        let host = Host()
        host.prove(["/good"])
        for number in 0..<31 {
            host.admit(.example(0, path: "/\(number)"), 1_000)
            host.start()
            host.failed("/\(number)", 1_000)
        }
        #expect(!host.isPaused)
        host.admit(.example(0, path: "/31"), 1_000)
        host.start()
        host.admit(.example(50, path: "/waits"), 1_000)
        #expect(host.failed("/31", 1_000) == [50: 2_000])
        #expect(host.isPaused)
        #expect(host.admit(.example(51, path: "/new"), 1_001) == 2_000)
        #expect(host.admit(.example(2, path: "/1", attempt: 2), 1_001) == 2_250)
        #expect(host.admit(.example(3, path: "/good"), 1_001) == nil)
        #expect(host.start() == [3])
        // One tries, and keeps the host alone for longer, or mends it.
        #expect(host.admit(.example(4, path: "/1"), 2_000) == nil)
        #expect(host.admit(.example(5, path: "/new"), 2_000) != nil)
        host.start()
        host.failed("/1", 2_000)
        #expect(host.admit(.example(6, path: "/new"), 3_999) != nil)
        #expect(host.admit(.example(7, path: "/new"), 4_000) == nil)
        host.start()
        host.answered("/new")
        #expect(!host.isPaused)
        #expect(host.admit(.example(8, path: "/newer"), 4_000) == nil)
    }

    @Test func `a path that keeps failing says once that the host may be down`() {
        let host = Host()
        var now: Int64 = 1_000
        host.breakEndpoint("/a", now)
        for _ in 0..<100 {
            now += 60_000
            #expect(host.admit(.example(1, path: "/a", attempt: 9), now) == nil)
            host.start()
            host.failed("/a", now)
        }
        #expect(host.admit(.example(2, path: "/b"), now) == nil)
    }

    @Test func `a host that answers something is not taken to be down`() {
        let host = Host()
        for number in 0..<100 {
            if number.isMultiple(of: 20) { host.prove(["/good"]) }
            host.admit(.example(0, path: "/\(number)"), 1_000)
            host.start()
            host.failed("/\(number)", 1_000)
        }
        #expect(!host.isPaused)
    }

    @Test func `the endpoints that are remembered are bounded`() {
        let host = Host()
        host.breakEndpoint("/broken", 0)
        for number in 0..<8_000 {
            host.admit(.example(0, path: "/\(number)"), 100)
            host.start()
            host.answered("/\(number)")
            #expect(host.endpointCount <= CallbackHost.maximumEndpoints)
        }
        // What matters longest is forgotten last.
        #expect(host.state("/broken") == .open(until: Uptime(milliseconds: 1_000), pause: 1_000))
        for number in 0..<8_000 {
            host.admit(.example(0, path: "/dead/\(number)"), Int64(number) * 1_000)
            if host.start().isEmpty { continue }
            host.failed("/dead/\(number)", Int64(number) * 1_000)
            #expect(host.endpointCount <= CallbackHost.maximumEndpoints)
        }
    }

    @Test func `the queue is bounded by number and by bytes, and nobody fills it alone`() {
        var host = Host()
        host.prove(["/a", "/b", "/c"])
        func fill(_ path: String, bytes: Int = 0) -> Int {
            (0..<3_000).count { host.admit(.example($0, path: path, bytes: bytes), 0) == nil }
        }
        #expect([fill("/a"), fill("/b"), fill("/c"), fill("/new")] == [1_000, 500, 250, 125])
        #expect(host.admit(.example(9_000, path: "/a"), 10_000) == 11_000)
        #expect(host.admit(.example(8_999, path: "/a"), 10_000) == 11_001)
        host = Host()
        host.prove(["/a", "/b"])
        #expect(fill("/a", bytes: 1 << 20) == 8)
        #expect(fill("/b", bytes: 1 << 20) == 4)
    }

    @Test func `endpoints that are not known to work do not fill the queue together`() {
        let host = Host()
        let accepted = (0..<3_000).count { host.admit(.example($0, path: "/\($0)"), 0) == nil }
        #expect(accepted == 1_000)
    }

    // MARK: Owners and ends

    @Test func `an owner's calls can be taken back`() {
        let host = Host()
        for offset in 0..<6 as Range<Int64> { host.admit(.example(offset, owner: UInt32(offset % 2)), 0) }
        #expect(host.removeQueued(of: 1) == [1, 3, 5])
        #expect(host.queuedCount == 3)
        #expect(host.start() == [0, 2, 4])
    }

    @Test func `where the one that would have tried is taken back or given up, the next one tries`() {
        let host = Host()
        host.breakEndpoint("/", 1_000)
        #expect(host.admit(.example(10), 2_000) == nil)
        #expect(host.removeQueued(of: 1) == [10])
        #expect(host.admit(.example(11), 2_000) == nil)
        host.start()
        host.givenUp()
        #expect(host.admit(.example(12), 2_000) == nil)
    }

    @Test func `it can be forgotten once nothing matters any more`() {
        let host = Host()
        #expect(host.isIdle(1))
        host.breakEndpoint("/", 1_000)
        #expect(!host.isIdle(3_000))
        #expect(host.isIdle(400_000))
    }
}
