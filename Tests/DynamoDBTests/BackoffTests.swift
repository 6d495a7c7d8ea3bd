import DynamoDB
import Testing

@Suite struct BackoffTests {
    private let backoff = Backoff(base: .milliseconds(25), cap: .seconds(2))

    @Test func theLimitDoublesUpToTheCap() {
        let limits = (1...10).map { backoff.delay(afterAttempt: $0, fraction: 1) }
        let expected = [25, 50, 100, 200, 400, 800, 1600, 2000, 2000, 2000].map { Duration.milliseconds($0) }
        #expect(limits == expected)
    }

    @Test func theJitterIsFull() {
        #expect(backoff.delay(afterAttempt: 5, fraction: 0) == .zero)
        #expect(backoff.delay(afterAttempt: 5, fraction: 0.5) == .milliseconds(200))
    }

    @Test func noAttemptIsTooMany() {
        #expect(backoff.delay(afterAttempt: .max, fraction: 1) == .seconds(2))
        #expect(backoff.delay(afterAttempt: 0, fraction: 1) == .milliseconds(25))
    }
}
