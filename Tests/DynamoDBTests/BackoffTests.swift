import DynamoDB
import Testing

@Suite struct BackoffTests {
    private let backoff = Backoff(base: .milliseconds(25), cap: .seconds(2))

    @Test func `the limit doubles up to the cap`() {
        let limits = (1...10).map { backoff.delay(afterAttempt: $0, fraction: 1) }
        let expected = [25, 50, 100, 200, 400, 800, 1600, 2000, 2000, 2000].map { Duration.milliseconds($0) }
        #expect(limits == expected)
    }

    @Test func `the jitter is full`() {
        #expect(backoff.delay(afterAttempt: 5, fraction: 0) == .zero)
        #expect(backoff.delay(afterAttempt: 5, fraction: 0.5) == .milliseconds(200))
    }

    @Test func `the backoff holds for any number of attempts`() {
        #expect(backoff.delay(afterAttempt: .max, fraction: 1) == .seconds(2))
        #expect(backoff.delay(afterAttempt: 0, fraction: 1) == .milliseconds(25))
    }
}
