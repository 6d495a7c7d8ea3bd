internal import Scheduling

/// A record on its way to a topic, kept until its report confirms it.
///
/// A plain value with one reference in it, so that one reference count moves it, and a delivery allocates nothing here.
struct OutgoingRecord {
    /// The content. Both cases are single references, which an enum holds without an extra word.
    enum Content {
        /// A due schedule, with the key, value and headers to send.
        case delivery(Schedule)
        /// A dead letter, with its own key, value and headers.
        case deadLetter(DeadLetter)
    }

    /// How a record travels.
    enum Attempt {
        /// In a batch with others.
        case together
        /// In a batch of its own. A record of a refused batch goes this way next: the cause may have been another
        /// record.
        case alone
    }

    private(set) var content: Content
    /// The sender.
    let sender: Sender
    /// Its number in the order of sending.
    private(set) var sequence: UInt64
    /// The row of its topic.
    let topic: Int32
    /// The bytes of key, value and headers, without the headers that Clockwork adds to a delivery.
    private(set) var byteCount: Int32
    /// For a delivery: the scheduler's token.
    let token: UInt32
    /// For a delivery: see `Delivery`.
    let wasDueOnArrival: Bool
    /// How it travels.
    private(set) var attempt = Attempt.together
    /// Whether its topic has refused it and it has let others pass.
    private(set) var hasStoodAside = false

    init(_ delivery: Delivery, of sender: Sender, topic: Int, sequence: UInt64) {
        let schedule = delivery.schedule
        content = .delivery(schedule)
        self.sender = sender
        self.sequence = sequence
        self.topic = Int32(topic)
        byteCount = Int32(
            clamping: schedule.orderingKey.utf8.count + (schedule.payload?.count ?? 0) + schedule.headers.packed.count
        )
        token = delivery.token
        wasDueOnArrival = delivery.wasDueOnArrival
    }

    init(_ letter: DeadLetter, of sender: Sender, topic: Int, sequence: UInt64) {
        content = .deadLetter(letter)
        self.sender = sender
        self.sequence = sequence
        self.topic = Int32(topic)
        byteCount = Int32(clamping: letter.byteCount)
        token = 0
        wasDueOnArrival = false
    }

    /// Its end once its topic has it.
    var written: DeliveryEnd {
        switch content {
        case .delivery(let schedule):
            .delivered(token: token, topic: topic, due: wasDueOnArrival ? nil : schedule.position.time)
        case .deadLetter(let letter):
            .deadLettered(letter.subject)
        }
    }

    /// The end of a delivery that failed for good.
    func failed(_ failure: DeliveryFailure) -> DeliveryEnd { .failed(token: token, topic: topic, failure) }

    /// The next attempt after it was refused as too large: alone first; then, for a dead letter, with less in it.
    ///
    /// - Returns: `nil` when nothing is left to try.
    func afterTooLarge() -> OutgoingRecord? { alone() ?? with { $0.cut() } }

    /// The next attempt after it was refused in a batch: alone first; then, for a dead letter without a key, with one.
    ///
    /// - Returns: `nil` when nothing is left to try.
    func afterRefusal() -> OutgoingRecord? { alone() ?? with { $0.keyed() } }

    private func alone() -> OutgoingRecord? {
        guard attempt == .together else { return nil }
        var record = self
        record.attempt = .alone
        return record
    }

    private func with(_ change: (DeadLetter) -> DeadLetter?) -> OutgoingRecord? {
        guard case .deadLetter(let letter) = content, let changed = change(letter) else { return nil }
        var record = self
        record.content = .deadLetter(changed)
        record.byteCount = Int32(clamping: changed.byteCount)
        return record
    }

    /// The same record at a later place, after it has stood aside.
    func behindOthers(sequence: UInt64) -> OutgoingRecord {
        var record = self
        record.sequence = sequence
        record.hasStoodAside = true
        return record
    }

    /// Lends `body` the key and the value.
    func withBytes<Result>(
        _ body: (_ key: UnsafeRawBufferPointer?, _ value: UnsafeRawBufferPointer?) -> Result
    ) -> Result {
        switch content {
        case .delivery(let schedule):
            var key = schedule.orderingKey
            return key.withUTF8 { key in
                Self.lend(schedule.payload) { body(UnsafeRawBufferPointer(key), $0) }
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
