internal import DequeModule
internal import Runtime
internal import Scheduling

/// The known state of a topic: whether it takes records.
///
/// A topic is looked up before anything is produced to it, since producing may create it.
enum TopicState: Equatable {
    /// Nothing is known. The next record makes it `checking`.
    case unknown
    /// The brokers have been asked. Their answer makes it `known` or `waiting`.
    case checking
    /// It is to be checked later, and becomes `checking` then.
    case waiting(until: Uptime)
    /// It exists. A report that it does not makes it `unknown`.
    case known
    /// No delivery may go there.
    case barred(DeliveryFailure)
}

/// One topic: its known state, its records in the producer, and its waiting records.
///
/// All waiting records are in one queue in the order in which they were sent, whatever they wait for: the topic check,
/// the end of a retry's pause, room in the topic's share or in the producer. So nothing can overtake anything. Records
/// that come back from the producer return to their places when the topic has its turn again. Only dead letters are set
/// aside: nothing promises their order.
struct DeliveryTopic<Handle> {
    let name: String
    var state = TopicState.unknown
    /// The topic's handle in the present producer; `nil` until it is needed.
    var handle: Handle?
    /// Whether it is listed among the topics that have a turn to produce.
    var isListed = false
    /// Whether a record was sent to it since the last sweep.
    var wasUsed = true
    /// The end of its pause; until then nothing is produced to it.
    private(set) var pausedUntil: Uptime?
    /// The doubt that the brokers' answers have raised since it last took a record.
    private(set) var doubt: TopicDoubt?
    /// Whether it has ever been found.
    private var hasExisted = false
    /// Why records have been produced again since the topic last took one.
    private(set) var trouble: RetryCause?

    /// The records in the producer, their bytes, and how they travel. All travel in the same way, or one could overtake
    /// another.
    private(set) var count = 0
    private(set) var bytes = 0
    private var attempt = OutgoingRecord.Attempt.together
    /// How many of them have stood aside, and how many of the waiting ones.
    private var refusedInFlight = 0
    private var refusedWaiting = 0

    private var watch = StandstillWatch()

    private var backlog: Deque<OutgoingRecord> = []
    /// Records that came back from the producer, unordered. They were sent before most of the backlog.
    private var returned: [OutgoingRecord] = []
    /// Refused dead letters, which let others pass until their time.
    private var aside: [OutgoingRecord] = []
    private var asideUntil = Uptime.zero

    init(_ name: String) {
        self.name = name
    }

    /// Whether there are records to produce.
    var hasWaiting: Bool { !backlog.isEmpty || !returned.isEmpty }

    /// Whether neither records nor a turn depend on this row.
    var isIdle: Bool { count == 0 && !hasWaiting && !isListed && aside.isEmpty }

    /// Why its records cannot be written now; `nil` if it has none, or nothing is wrong.
    var obstacle: RetryCause? { isIdle ? nil : trouble }

    /// A record was sent.
    mutating func append(_ record: OutgoingRecord) {
        wasUsed = true
        backlog.append(record)
    }

    /// The next record for the producer, within the topic's `share`; `nil` if there is none or it has to wait. A
    /// doubtful topic gets one record at a time.
    mutating func takeNext(share: ProducerCapacity, now: Uptime) -> OutgoingRecord? {
        guard state == .known, count < share.records, bytes < share.bytes else { return nil }
        guard doubt == nil || count == 0 else { return nil }
        if let pausedUntil {
            guard pausedUntil <= now else { return nil }
            self.pausedUntil = nil
        }
        if !returned.isEmpty { sortIn() }
        // Before the way changes, the records in flight on the other one must end.
        guard !backlog.isEmpty, count == 0 || backlog[0].attempt == attempt else { return nil }
        let next = backlog.removeFirst()
        attempt = next.attempt
        count += 1
        bytes += Int(next.byteCount)
        if next.hasStoodAside {
            refusedWaiting -= 1
            refusedInFlight += 1
        }
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

    /// The producer has returned a record.
    mutating func left(_ record: OutgoingRecord) {
        count -= 1
        bytes -= Int(record.byteCount)
        watch.moved()
        if record.hasStoodAside { refusedInFlight -= 1 }
    }

    /// The producer has not taken the next record.
    mutating func notTaken(_ record: OutgoingRecord) {
        left(record)
        if record.hasStoodAside { refusedWaiting += 1 }
        backlog.prepend(record)
    }

    /// A record is to be produced again, in its place.
    mutating func putBack(_ record: OutgoingRecord) {
        if record.hasStoodAside { refusedWaiting += 1 }
        returned.append(record)
    }

    /// A record is to be produced again after others, not before this time.
    mutating func setAside(_ record: OutgoingRecord, until time: Uptime) {
        asideUntil = aside.isEmpty ? time : min(time, asideUntil)
        aside.append(record)
    }

    /// Queues set-aside records whose time has come, after all others.
    mutating func takeBackAside(now: Uptime, _ place: (OutgoingRecord) -> OutgoingRecord) {
        guard !aside.isEmpty, asideUntil <= now else { return }
        backlog.append(contentsOf: aside.map(place))
        refusedWaiting += aside.count
        aside = []
    }

    /// Nothing is produced before `time`, unless a pause has begun already.
    ///
    /// - Returns: the end of the pause.
    mutating func pause(until time: Uptime, now: Uptime) -> Uptime {
        if let pausedUntil, pausedUntil > now { return pausedUntil }
        pausedUntil = time
        return time
    }

    // MARK: Standstill

    /// Whether a look at it is in progress, other than a check.
    var isLookedAt: Bool { watch.isLooking }

    /// The producer has one of its records.
    ///
    /// - Returns: when it needs attention.
    mutating func beginWatch(now: Uptime) -> Uptime? { watch.begin(now: now) }

    /// Whether to look at it, since none of its records has come back for a while.
    mutating func standsStill(now: Uptime) -> Bool { watch.isOver(hasRecords: count > 0, now: now) }

    /// A check or a look has been answered.
    ///
    /// - Returns: whether to give up the producer.
    mutating func hasLostPartitions(_ answer: TopicAnswer) -> Bool {
        var partitions: Int?
        if case .exists(let count) = answer { partitions = count }
        return watch.looked(partitions, hasRecords: count > 0)
    }

    // MARK: What becomes known

    /// A record is produced again.
    ///
    /// - Returns: whether it is the first since the topic last took one.
    mutating func isTroubled(by cause: RetryCause) -> Bool {
        // An outage in between does not hide that a dead letter cannot be written.
        if case .outage = cause, hasRefused { return false }
        defer { trouble = cause }
        return trouble == nil
    }

    /// The topic has taken a record.
    ///
    /// - Returns: whether that ends a trouble. The trouble of refused dead letters ends with the last of them, whatever
    ///   else is taken.
    mutating func hasTaken() -> Bool {
        guard doubt != nil || trouble != nil else { return false }
        doubt = nil
        return hasRefused ? false : trouble.take() != nil
    }

    /// Whether a record stands aside, or has stood aside and is not yet written.
    private var hasRefused: Bool { !aside.isEmpty || refusedInFlight + refusedWaiting > 0 }

    /// A look has found it.
    mutating func isFound() {
        state = .known
        hasExisted = true
    }

    /// The brokers say that it does not exist, or takes nothing.
    ///
    /// - Returns: whether that is final.
    mutating func isDoubted(now: Uptime) -> Bool {
        if doubt == nil { doubt = TopicDoubt(now: now) } else { doubt?.repeat(now: now) }
        let patience = hasExisted ? TopicDoubt.patience : TopicDoubt.patienceWithNewTopics
        return doubt.map { $0.age >= patience } ?? false
    }

    /// The producer is gone, with all its records.
    mutating func producerFailed() {
        handle = nil
        watch.producerFailed()
        pausedUntil = nil
        count = 0
        bytes = 0
        refusedInFlight = 0
    }

    /// Drops the waiting records of an owner.
    mutating func drop(owner: UInt32) {
        backlog.removeAll { $0.sender.owner == owner }
        returned.removeAll { $0.sender.owner == owner }
        aside.removeAll { $0.sender.owner == owner }
        refusedWaiting = backlog.count(where: \.hasStoodAside) + returned.count(where: \.hasStoodAside)
    }

    /// Removes all waiting records, in order.
    mutating func takeWaiting() -> Deque<OutgoingRecord> {
        sortIn()
        refusedWaiting = 0
        defer { backlog = [] }
        return backlog
    }
}

/// The capacity of a producer, or of a topic's share in it.
struct ProducerCapacity: Equatable {
    var records: Int
    var bytes: Int
}
