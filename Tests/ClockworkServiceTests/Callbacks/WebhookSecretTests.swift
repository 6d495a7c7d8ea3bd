import Testing

@testable import ClockworkService

@Suite struct WebhookSecretTests {
    @Test func `signs as the specification's example`() throws {
        // From the documentation of Standard Webhooks' reference implementations.
        let secret = try #require(WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let signature = secret.signature(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
            timestamp: 1_614_265_330,
            body: Array(#"{"test": 2432232314}"#.utf8)
        )
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test func `takes any other text as its bytes, and is never shown`() throws {
        let secret = try #require(WebhookSecret("secret"))
        #expect(secret == WebhookSecret("whsec_c2VjcmV0"))
        #expect("\(secret) \(String(reflecting: secret))" == "(hidden) (hidden)")
        #expect(WebhookSecret("") == nil)
        #expect(WebhookSecret("whsec_c2VjcmV") == nil)
    }
}
