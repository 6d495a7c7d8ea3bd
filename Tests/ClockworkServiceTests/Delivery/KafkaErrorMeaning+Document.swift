import Kafka

extension KafkaErrorMeaning {
    /// `docs/kafka-errors.md`: what Clockwork does on every error code of Kafka and of librdkafka.
    static var document: String {
        var text = """
            # Errors of Kafka

            What Clockwork does on each error code of Kafka and of librdkafka, by its meaning. This page is written from \
            the table in the code (`KafkaErrorMeaning.table`); a test compares the two. A code that is not in the table, \
            such as one of a later Kafka, is `other`.

            A *delivery* is a record for a delivery topic or for the dead-letter topic. A *request* is one that the HTTP \
            API writes to the intake.

            | meaning | | a delivery | a request | a commit | reading the intake |
            | --- | --- | --- | --- | --- | --- |

            """
        for meaning in allCases {
            let cells = [
                "`\(meaning.rawValue)`", meaning.inWords, meaning.onDelivery, meaning.onRequest, meaning.onCommit,
                meaning.onReading,
            ]
            text += "| \(cells.joined(separator: " | ")) |\n"
        }
        text += """

            An error that librdkafka marks as fatal is `fatal`, whatever its code.

            | code | name | meaning |
            | --- | --- | --- |

            """
        for row in table { text += "| \(row.code) | `\(row.name)` | `\(row.meaning.rawValue)` |\n" }
        return text
    }

    private var inWords: String {
        switch self {
        case .transient: "an outage, an overload, a change of leader"
        case .rebalance: "the group rebalances"
        case .unknownTopic: "no such topic or partition"
        case .tooLarge: "the record, or its batch, is too large"
        case .recordRefused: "the record, or another one of its batch, is not taken"
        case .topicRefuses: "the topic takes nothing now"
        case .clientRefused: "the brokers refuse this client"
        case .offsetGone: "the log does not have the offset"
        case .fatal: "the client is finished"
        case .other: "any other error"
        }
    }

    private var onDelivery: String {
        let again = "produced again in its place, after 0.5 s, until it is written"
        return switch self {
        case .transient, .rebalance, .clientRefused, .offsetGone, .other: again
        case .unknownTopic:
            "held in order; the topic is looked up and the record produced again, its partition chosen again; "
                + "`unknown-topic` after 60 s of this. A dead letter: until it is written"
        case .tooLarge:
            "produced again by itself; then `delivery-rejected`. A dead letter: cut, and tried until it is written"
        case .recordRefused:
            "produced again by itself; then `delivery-rejected`. A dead letter: with a key, and tried until it is written"
        case .topicRefuses:
            "held in order and produced again with the time of that attempt; `delivery-rejected` after 60 s of this. "
                + "A dead letter: until it is written"
        case .fatal:
            "the producer is replaced, at once and then after pauses of 0.5 to 10 s; everything it held is produced again "
                + "in the original order; the pod is not ready meanwhile"
        }
    }

    private var onRequest: String {
        switch self {
        case .transient, .rebalance, .offsetGone, .other: "`503` `kafka-unavailable`"
        case .unknownTopic, .topicRefuses: "`503` `intake-refused`"
        case .tooLarge: "written by itself; then `413`"
        case .recordRefused: "written by itself; then `503` `intake-refused`"
        case .clientRefused: "`503` `kafka-unavailable` with the reason"
        case .fatal: "`503` `kafka-unavailable` with the reason; the producer is replaced as for deliveries"
        }
    }

    private var onCommit: String {
        switch self {
        case .transient, .unknownTopic, .tooLarge, .recordRefused, .topicRefuses, .clientRefused, .offsetGone, .other:
            "repeated; a warning"
        case .rebalance: "repeated by the partition's next owner; no warning"
        case .fatal: "the pod ends"
        }
    }

    private var onReading: String {
        switch self {
        case .transient: "librdkafka goes on by itself"
        case .rebalance, .tooLarge, .recordRefused, .topicRefuses, .clientRefused, .other:
            "librdkafka goes on by itself; a warning"
        case .unknownTopic, .offsetGone: "the log of the partition is settled again"
        case .fatal: "the pod ends"
        }
    }
}
