internal import DequeModule
internal import Runtime
internal import Scheduling

/// Whether a topic takes records, as far as is known.
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

/// One topic: what is known of it, what it has in the producer, and what waits here.
///
/// All that waits stands in one queue in the order in which it was sent, whatever it waits for: the topic check, the end
/// of a retry's pause, room in the topic's share or in the producer. So nothing can overtake anything. Records that come
/// back from the producer are put in their places when the topic has its turn again. Only dead letters are set aside:
/// their order is nobody's promise.
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
    /// What the brokers have been saying of it since it last took a record.
    private(set) var doubt: TopicDoubt?
    /// Whether it has been found before.
    private var hasExisted = false
    /// Why records are produced again, since the topic last took one.
    private(set) var trouble: RetryCause?

    /// Records in the producer, their bytes, and how they travel: all in the same way, or one way could overtake the
    /// other.
    private(set) var count = 0
    private(set) var bytes = 0
    private var attempt = OutgoingRecord.Attempt.together
    /// How many of them have stood aside, and how many of those that wait.
    private var refusedInFlight = 0
    private var refusedWaiting = 0

    private var watch = StandstillWatch()

    private var backlog: Deque<OutgoingRecord> = []
    /// Records that came back from the producer, in no order. They were sent before most of the backlog.
    private var returned: [OutgoingRecord] = []
    /// Dead letters that the topic does not take, and that let others pass until then.
    private var aside: [OutgoingRecord] = []
    private var asideUntil = Uptime.zero

    init(_ name: String) {
        self.name = name
    }

    /// Whether there is anything to produce.
    var hasWaiting: Bool { !backlog.isEmpty || !returned.isEmpty }

    /// Whether neither records nor a turn depend on this row.
    var isIdle: Bool { count == 0 && !hasWaiting && !isListed && aside.isEmpty }

    /// Why records of it cannot be written now; `nil` when there are none, or nothing is wrong.
    var obstacle: RetryCause? { isIdle ? nil : trouble }

    /// A record was sent.
    mutating func append(_ record: OutgoingRecord) {
        wasUsed = true
        backlog.append(record)
    }

    /// The next record for the producer, of which the topic may take no more than `share`; `nil` when there is none or
    /// it has to wait. A topic in doubt gets one record at a time.
    mutating func takeNext(share: ProducerCapacity, now: Uptime) -> OutgoingRecord? {
        guard state == .known, count < share.records, bytes < share.bytes else { return nil }
        guard doubt == nil || count == 0 else { return nil }
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

    /// The producer has given a record back.
    mutating func left(_ record: OutgoingRecord) {
        count -= 1
        bytes -= Int(record.byteCount)
        watch.moved()
        if record.hasStoodAside { refusedInFlight -= 1 }
    }

    /// The producer has not taken the record that was next.
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

    /// A record is to be produced again behind others, not before this time.
    mutating func setAside(_ record: OutgoingRecord, until time: Uptime) {
        asideUntil = aside.isEmpty ? time : min(time, asideUntil)
        aside.append(record)
    }

    /// Queues again what was set aside and has its time, behind all else.
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

    /// Whether it is being looked at, other than by a check.
    var isLookedAt: Bool { watch.isLooking }

    /// The producer has a record of it.
    ///
    /// - Returns: when it is to be attended to.
    mutating func beginWatch(now: Uptime) -> Uptime? { watch.begin(now: now) }

    /// Whether it is to be looked at, since none of its records has come back for a while.
    mutating func standsStill(now: Uptime) -> Bool { watch.isOver(hasRecords: count > 0, now: now) }

    /// A check or a look has been answered.
    ///
    /// - Returns: whether the producer is to be given up.
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
        // An outage that comes between does not hide that a dead letter cannot be written.
        if case .outage = cause, hasRefused { return false }
        defer { trouble = cause }
        return trouble == nil
    }

    /// The topic has taken a record.
    ///
    /// - Returns: whether that ends a trouble. That of dead letters which step aside ends with the last of those, whatever
    ///   else is taken.
    mutating func hasTaken() -> Bool {
        guard doubt != nil || trouble != nil else { return false }
        doubt = nil
        return hasRefused ? false : trouble.take() != nil
    }

    /// Whether a record stands aside, or has and is not written yet.
    private var hasRefused: Bool { !aside.isEmpty || refusedInFlight + refusedWaiting > 0 }

    /// A look has found it.
    mutating func isFound() {
        state = .known
        hasExisted = true
    }

    /// The brokers say that it is not there, or takes nothing.
    ///
    /// - Returns: whether that is final.
    mutating func isDoubted(now: Uptime) -> Bool {
        if doubt == nil { doubt = TopicDoubt(now: now) } else { doubt?.repeat(now: now) }
        let patience = hasExisted ? TopicDoubt.patience : TopicDoubt.patienceWithNewTopics
        return doubt.map { $0.age >= patience } ?? false
    }

    /// The producer is gone, and all that it had.
    mutating func producerFailed() {
        handle = nil
        watch.producerFailed()
        pausedUntil = nil
        count = 0
        bytes = 0
        refusedInFlight = 0
    }

    /// Drops what waits for an owner.
    mutating func drop(owner: UInt32) {
        backlog.removeAll { $0.sender.owner == owner }
        returned.removeAll { $0.sender.owner == owner }
        aside.removeAll { $0.sender.owner == owner }
        refusedWaiting = backlog.count(where: \.hasStoodAside) + returned.count(where: \.hasStoodAside)
    }

    /// Takes all that waits, in order.
    mutating func takeWaiting() -> Deque<OutgoingRecord> {
        sortIn()
        refusedWaiting = 0
        defer { backlog = [] }
        return backlog
    }
}

/// How much a producer, or a topic in it, may hold.
struct ProducerCapacity: Equatable {
    var records: Int
    var bytes: Int
}
