/// The reason why a request or a delivery can never succeed: the value of a dead letter's `clockwork-error` header.
public enum DeadLetterCode: String, Sendable, CaseIterable {
    /// The record value is not one JSON object in UTF-8.
    case invalidJSON = "invalid-json"
    /// A field is present and breaks a rule.
    case invalidField = "invalid-field"
    /// A required field is absent.
    case missingField = "missing-field"
    /// The payload and the carried headers together are larger than allowed.
    case payloadTooLarge = "payload-too-large"
    /// The delivery topic does not exist.
    case unknownTopic = "unknown-topic"
    /// Deliveries into the topic are not allowed.
    case topicNotAllowed = "topic-not-allowed"
    /// The broker refused the delivery for good.
    case deliveryRejected = "delivery-rejected"
    /// The callback answered with a final status, or the last attempt failed.
    case callbackFailed = "callback-failed"
}
