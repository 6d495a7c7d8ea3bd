internal import DequeModule

/// Whether a delivery topic exists, as far as has been asked.
///
/// A topic is checked before anything is produced to it, since producing may create it. One that is not found is checked
/// once more before it is taken as missing, for a topic created a moment ago may not have reached every broker.
enum TopicState: Equatable {
    /// Which check.
    enum Check {
        case first, second
    }

    /// Nothing is known. The next record makes it `checking`.
    case unknown
    /// The brokers have been asked. Their answer makes it `known`, `waiting` or `missing`.
    case checking(Check)
    /// This check is to be made later, and makes it `checking`.
    case waiting(for: Check, until: Uptime)
    /// It exists. A report that it does not makes it `unknown`.
    case known
    /// It did not exist at the second check, and until this time no record has it checked again.
    case missing(until: Uptime)
}

/// One topic: what is known of it, what it has in the producer, and what waits here.
///
/// All that waits stands in one queue in the order in which it was sent, whatever it waits for: the topic check, the end
/// of a retry's pause, room in the topic's share or in the producer. So nothing can overtake anything. Records that come
/// back from the producer are put in their places when the topic has its turn again.
struct DeliveryTopic<Handle> {
    let name: String
    var state = TopicState.unknown
    /// The topic's handle in the present producer; `nil` until it is needed.
    var handle: Handle?
    /// Whether it stands among those that have a turn to produce.
    var isListed = false
    /// Whether a record was sent to it since the last sweep.
    var wasUsed = true
    /// Nothing is produced to it until then.
    private(set) var pausedUntil: Uptime?

    /// Records in the producer, their bytes, and how they travel: all in the same way, or one way could overtake the
    /// other.
    private(set) var count = 0
    private(set) var bytes = 0
    private var attempt = OutgoingRecord.Attempt.together

    private var backlog: Deque<OutgoingRecord> = []
    /// Records that came back from the producer, in no order. They were sent before most of the backlog.
    private var returned: [OutgoingRecord] = []

    init(_ name: String) {
        self.name = name
    }

    /// Whether there is anything to produce.
    var hasWaiting: Bool { !backlog.isEmpty || !returned.isEmpty }

    /// Whether neither records nor a turn depend on this row.
    var isIdle: Bool { count == 0 && !hasWaiting && !isListed }

    /// A record was sent.
    mutating func append(_ record: OutgoingRecord) {
        wasUsed = true
        backlog.append(record)
    }

    /// The next record for the producer, of which the topic may take no more than `share`; `nil` when there is none or
    /// it has to wait.
    mutating func takeNext(share: ProducerCapacity, now: Uptime) -> OutgoingRecord? {
        guard state == .known, count < share.records, bytes < share.bytes else { return nil }
        if let pausedUntil {
            guard pausedUntil <= now else { return nil }
            self.pausedUntil = nil
        }
        if !returned.isEmpty { sortIn() }
        // Where the way changes, what is under way on the other ends first.
        guard !backlog.isEmpty, count == 0 || backlog[0].attempt == attempt else { return nil }
        let next = backlog.removeFirst()
        attempt = next.attempt
        count += 1
        bytes += Int(next.byteCount)
        return next
    }

    private mutating func sortIn() {
        if let latest = returned.lazy.map(\.sequence).max(), let first = backlog.first, first.sequence < latest {
            returned.append(contentsOf: backlog)
            backlog = []
        }
        backlog.prepend(contentsOf: returned.sorted { $0.sequence < $1.sequence })
        returned = []
    }

    /// The producer has given a record back.
    mutating func left(_ record: OutgoingRecord) {
        count -= 1
        bytes -= Int(record.byteCount)
    }

    /// The producer has not taken the record that was next.
    mutating func notTaken(_ record: OutgoingRecord) {
        left(record)
        backlog.prepend(record)
    }

    /// A record is to be produced again, in its place.
    mutating func putBack(_ record: OutgoingRecord) {
        returned.append(record)
    }

    /// Nothing is produced before `time`, unless a pause has begun already.
    ///
    /// - Returns: whether it begins with this.
    mutating func pause(until time: Uptime, now: Uptime) -> Bool {
        if let pausedUntil, pausedUntil > now { return false }
        pausedUntil = time
        return true
    }

    /// The producer is gone, and all that it had.
    mutating func producerFailed() {
        handle = nil
        pausedUntil = nil
        count = 0
        bytes = 0
    }

    /// Drops what waits for an owner.
    mutating func drop(owner: UInt32) {
        backlog.removeAll { $0.sender.owner == owner }
        returned.removeAll { $0.sender.owner == owner }
    }

    /// Takes all that waits, in order.
    mutating func takeWaiting() -> Deque<OutgoingRecord> {
        sortIn()
        defer { backlog = [] }
        return backlog
    }
}

/// How much a producer, or a topic in it, may hold.
struct ProducerCapacity: Equatable {
    var records: Int
    var bytes: Int
}
