import Foundation

/// What the brokers refuse to do for pods: requests of a kind, with this error code of the Kafka protocol. Nothing of a
/// refused request is done.
struct Refusal: Sendable {
    private enum Request: Sendable {
        /// A record, or a batch of some.
        case records(inBatches: Bool)
        /// The first request of an idempotent producer.
        case producers
    }

    private let request: Request
    private let code: Int

    /// All records are refused.
    static func ofRecords(_ code: Int) -> Refusal { Refusal(request: .records(inBatches: false), code: code) }

    /// Records are refused that come in company, as those are that share a batch with a bad one.
    static func ofBatches(_ code: Int) -> Refusal { Refusal(request: .records(inBatches: true), code: code) }

    /// Producers are refused that begin, or have lost their place.
    static func ofProducers(_ code: Int) -> Refusal { Refusal(request: .producers, code: code) }

    /// The answer to a request that is refused; `nil` for others.
    func answer(to message: Data, _ head: KafkaRequestHead) -> Data? {
        var body: Data
        switch (request, head.kind) {
        case (.records(let inBatches), .produce):
            let batches = Self.batches(message, head)
            guard !inBatches || batches.contains(where: { $0.records > 1 }) else { return nil }
            body = answer(about: batches, head)
        case (.producers, .initProducerID):
            body = KafkaBytes.integer(0, 4) + KafkaBytes.integer(code, 2) + KafkaBytes.integer(-1, 10)
        default: return nil
        }
        // No tagged fields, neither in front nor behind.
        if head.isFlexible { body = [0] + body + [0] }
        return KafkaBytes.integer(4 + body.count, 4) + head.correlation + body
    }

    private struct Batch {
        var topic: String
        var partition: Int
        var records: Int
    }

    /// What is to be produced (Produce, versions 3 to 12).
    private static func batches(_ message: Data, _ head: KafkaRequestHead) -> [Batch] {
        var batches: [Batch] = []
        var cursor = KafkaCursor(message, at: head.end, isFlexible: head.isFlexible)
        _ = cursor.text()
        cursor.skip(6)
        for _ in 0..<cursor.count() {
            let topic = cursor.text()
            for _ in 0..<cursor.count() {
                let partition = cursor.integer(4)
                let length = cursor.skipBytes()
                // The number of its records is the last thing in front of them.
                var batch = KafkaCursor(message, at: cursor.position - length + 57, isFlexible: false)
                batches.append(Batch(topic: topic, partition: partition, records: batch.integer(4)))
                cursor.skipTags()
            }
            cursor.skipTags()
        }
        return batches
    }

    private func answer(about batches: [Batch], _ head: KafkaRequestHead) -> Data {
        let noTags = head.isFlexible ? Data([0]) : Data()
        var answer = KafkaBytes.count(batches.count, isFlexible: head.isFlexible)
        for batch in batches {
            answer += KafkaBytes.text(batch.topic, isFlexible: head.isFlexible)
            answer += KafkaBytes.count(1, isFlexible: head.isFlexible)
            answer += KafkaBytes.integer(batch.partition, 4) + KafkaBytes.integer(code, 2)
            // Its offset, its time, and the first offset of the log: none.
            answer += KafkaBytes.integer(-1, head.version >= 5 ? 24 : 16)
            if head.version >= 8 {
                // Which records were at fault, and a text: none.
                answer += KafkaBytes.count(0, isFlexible: head.isFlexible)
                answer += head.isFlexible ? Data([0]) : KafkaBytes.integer(-1, 2)
            }
            answer += noTags + noTags
        }
        return answer + KafkaBytes.integer(0, 4)
    }
}
