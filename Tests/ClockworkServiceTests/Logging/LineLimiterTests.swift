import Logging
import Runtime
import Testing

@testable import ClockworkService

@Suite struct LineLimiterTests {
    private static func kind(_ message: String, level: Logger.Level = .warning) -> LineLimiter.Kind {
        LineLimiter.Kind(level: level, library: "kafka", message: message)
    }

    private static func uptime(_ milliseconds: Int64) -> Uptime { Uptime(milliseconds: 1_000 + milliseconds) }

    /// How many of so many lines are admitted.
    private static func admitted(
        _ limiter: inout LineLimiter,
        _ message: String,
        _ count: Int,
        at milliseconds: Int64
    ) -> Int {
        (0..<count).count { _ in limiter.admits(kind(message), message, now: uptime(milliseconds)) }
    }

    @Test func `The first lines of a kind are written, and the others counted`() {
        var limiter = LineLimiter()
        #expect(Self.admitted(&limiter, "a", 1_000, at: 0) == LineLimiter.perWindow)
        #expect(limiter.takeSummaries(now: Self.uptime(LineLimiter.window - 1)) == [])
        #expect(
            limiter.takeSummaries(now: Self.uptime(LineLimiter.window))
                == [LineLimiter.Summary(message: "a", count: 1_000 - LineLimiter.perWindow)]
        )
        #expect(limiter.count == 0 && limiter.nextEnd == nil)
    }

    @Test func `A kind has its share again in the next window`() {
        var limiter = LineLimiter()
        _ = Self.admitted(&limiter, "a", 50, at: 0)
        _ = limiter.takeSummaries(now: Self.uptime(LineLimiter.window))
        #expect(Self.admitted(&limiter, "a", 3, at: LineLimiter.window) == 3)
        #expect(limiter.takeSummaries(now: Self.uptime(2 * LineLimiter.window)) == [], "nothing was left out")
    }

    @Test func `Kinds do not count for each other`() {
        var limiter = LineLimiter()
        _ = Self.admitted(&limiter, "a", 50, at: 0)
        #expect(Self.admitted(&limiter, "b", 5, at: 0) == 5)
        #expect(Self.kind("a", level: .error) != Self.kind("a"))
    }

    @Test func `Lines of our own are of one kind when all of them is equal`() {
        func kind(_ message: String, _ metadata: Logger.Metadata, label: String = "pod") -> LineLimiter.Kind {
            LineLimiter.Kind(level: .info, label: label, message: message, metadata: metadata)
        }
        let firing = kind("firing", ["partition": "1", "resident": "20"])
        #expect(kind("firing", ["resident": "20", "partition": "1"]) == firing)
        #expect(kind("firing", ["partition": "2", "resident": "20"]) != firing)
        #expect(kind("firing", ["partition": "20", "resident": "1"]) != firing)
        #expect(kind("assigned", ["partition": "1", "resident": "20"]) != firing)
        #expect(kind("firing", ["partition": "1", "resident": "20"], label: "api") != firing)
    }

    @Test func `Lines of a library that differ in digits alone are of one kind`() {
        #expect(Self.kind("[thrd:127.0.0.1:9092/1]: 42 bytes") == Self.kind("[thrd:10.11.0.1:909/12]: 7 bytes"))
        #expect(Self.kind("1 a") != Self.kind("1 b"))
        #expect(Self.kind("a1") != Self.kind("a"))
    }

    @Test func `However many kinds come, there is a bound, and the further ones are one kind`() {
        var limiter = LineLimiter()
        var written = 0
        for number in 0..<(3 * LineLimiter.maxKinds) {
            let message = String(number, radix: 2).map { $0 == "1" ? "x" : "y" }.joined()
            if limiter.admits(Self.kind(message), message, now: Self.uptime(0)) { written += 1 }
        }
        #expect(limiter.count == LineLimiter.maxKinds + 1)
        #expect(written == LineLimiter.maxKinds + LineLimiter.perWindow)
    }
}
