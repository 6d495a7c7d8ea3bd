internal import Scheduling

/// A record on its way to a topic, kept until its report says that it is there.
///
/// A plain value: for a delivery, one reference count (its schedule's) moves it, and nothing is allocated.
struct OutgoingRecord {
    /// What is produced.
    enum Content {
        /// A schedule that is due, whose key, value and headers are those to send.
        case delivery(Delivery)
        /// Seldom, so it is boxed and costs deliveries no room.
        indirect case deadLetter(DeadLetter)
    }

    /// How a record travels.
    enum Attempt {
        /// In a batch with others.
        case together
        /// In a batch of its own. A record that shared a batch that was too large goes this way next: the cause may
        /// have been another one.
        case alone
    }

    private(set) var content: Content
    /// Whose it is.
    let sender: Sender
    /// The row of its topic.
    let topic: Int32
    /// How it is to travel, or travels.
    private(set) var attempt = Attempt.together
    /// The bytes of key, value and headers, but for those that Clockwork adds to a delivery.
    private(set) var byteCount: Int32
    /// Its place among all that were sent.
    let sequence: UInt64

    init(_ content: Content, of sender: Sender, topic: Int, sequence: UInt64) {
        self.content = content
        self.sender = sender
        self.topic = Int32(topic)
        self.sequence = sequence
        byteCount = Self.byteCount(of: content)
    }

    private static func byteCount(of content: Content) -> Int32 {
        switch content {
        case .delivery(let delivery):
            let schedule = delivery.schedule
            return Int32(
                clamping: schedule.orderingKey.utf8.count + (schedule.payload?.count ?? 0)
                    + schedule.headers.packed.count
            )
        case .deadLetter(let letter):
            return Int32(clamping: letter.byteCount)
        }
    }

    /// What to try when it was refused as too large: by itself first; then, if it is a dead letter, with less in it.
    ///
    /// - Returns: `nil` when nothing is left to try.
    func afterTooLarge() -> OutgoingRecord? {
        var record = self
        switch (attempt, content) {
        case (.together, _):
            record.attempt = .alone
        case (.alone, .deadLetter(let letter)):
            guard let rest = letter.cut() else { return nil }
            record.content = .deadLetter(rest)
            record.byteCount = Self.byteCount(of: record.content)
        case (.alone, .delivery):
            return nil
        }
        return record
    }

    /// Lends `body` the key and the value.
    func withBytes<Result>(
        _ body: (_ key: UnsafeRawBufferPointer?, _ value: UnsafeRawBufferPointer?) -> Result
    ) -> Result {
        switch content {
        case .delivery(let delivery):
            var key = delivery.schedule.orderingKey
            return key.withUTF8 { key in
                Self.lend(delivery.schedule.payload) { body(UnsafeRawBufferPointer(key), $0) }
            }
        case .deadLetter(let letter):
            return Self.lend(letter.key) { key in Self.lend(letter.value) { body(key, $0) } }
        }
    }

    private static func lend<Result>(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) -> Result) -> Result {
        guard let bytes else { return body(nil) }
        return bytes.withUnsafeBytes { body($0) }
    }
}
