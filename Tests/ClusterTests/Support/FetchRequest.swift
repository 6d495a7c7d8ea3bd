import Foundation

/// A fetch of the Kafka protocol, in versions 4 to 17.
struct FetchRequest {
    private(set) var message: Data
    private let head: KafkaRequestHead
    private let waitAt: Int

    /// - Parameter head: that of the message; `nil` is returned where it is no fetch.
    init?(_ message: Data, _ head: KafkaRequestHead) {
        guard head.kind == .fetch, 4...17 ~= head.version else { return nil }
        self.message = message
        self.head = head
        // Until version 14 it begins with the number of the replica that asks.
        waitAt = head.end + (head.version <= 14 ? 4 : 0)
    }

    /// How long the broker may wait for records, in milliseconds.
    var maxWait: Int {
        get {
            var cursor = KafkaCursor(message, at: waitAt, isFlexible: false)
            return cursor.integer(4)
        }
        set { message.replaceSubrange(waitAt..<(waitAt + 4), with: KafkaBytes.integer(newValue, 4)) }
    }

    /// Whether an answer has neither records nor errors.
    func finds(nothingIn answer: Data) -> Bool {
        let version = head.version
        var cursor = head.cursor(in: answer)
        cursor.skip(4)
        if version >= 7 {
            guard cursor.integer(2) == 0 else { return false }
            cursor.skip(4)
        }
        for _ in 0..<cursor.count() {
            if version >= 13 { cursor.skip(16) } else { _ = cursor.text() }
            for _ in 0..<cursor.count() {
                cursor.skip(4)
                guard cursor.integer(2) == 0 else { return false }
                cursor.skip(version >= 5 ? 24 : 16)
                for _ in 0..<cursor.count() {
                    cursor.skip(16)
                    cursor.skipTags()
                }
                if version >= 11 { cursor.skip(4) }
                guard cursor.skipBytes() == 0 else { return false }
                cursor.skipTags()
            }
            cursor.skipTags()
        }
        return true
    }
}
