/// Decides which callbacks of one partition may be attempted, for one owner of the partition. A callback with
/// `"ordered": true` holds back the later callbacks of its ordering key until it has ended.
///
/// A value without clock and I/O. An ordered callback is a *holder* from the moment it is handed out until it has
/// ended, including the pauses between its attempts. Every callback of the same ordering key with a later create
/// (`Schedule.origin`), ordered or not, is behind it. While the holder is in hand, such a callback waits in memory.
/// While the holder is put off, the callback is put off to a position behind it.
///
/// Nobody reports here that a schedule was cancelled or replaced between two attempts. The schedules handed out reveal
/// it, by these facts about the scheduler:
/// - It hands out the schedules of an ordering key in the order of their positions. Only requests already due when read
///   may come later than their position.
/// - A schedule that was put off keeps the offset and the origin of its create. It is handed out again at the time of
///   the put-off, and at least 1 ms later than before. So the positions of one create only grow.
/// - At most one pending schedule exists for each create, and one for each key: the latest.
///
/// So a put-off holder has ended elsewhere when one of these is handed out in its place: a later position of its
/// ordering key, or a later create of its own key.
public struct CallbackOrder<Call> {
    /// A decision about a callback. A callback that waits in memory is in no decision until its wait is over.
    public enum Decision {
        /// It may be attempted now. Answered by `ended` or `putOff`.
        case attempt(Call)
        /// Nothing is attempted; the scheduler is to hand it out again at this time. Not answered.
        case putOff(Call, to: EpochMilliseconds)
    }

    /// The bounds of what is kept.
    public struct Limits: Sendable {
        /// Holders at once. An ordered callback past this bound holds nothing back.
        public var maxHolders = 10_000
        /// Callbacks that wait in memory.
        public var maxWaiting = 1_000
        /// The weight of their payloads, in bytes.
        public var maxWaitingBytes = 16 << 20
        /// How long a callback that finds no room to wait is put off, in milliseconds.
        public var pauseMilliseconds: Int64 = 1_000

        /// The defaults above.
        public init() {}
    }

    /// The number of callbacks that hold their ordering key.
    public private(set) var holderCount = 0
    /// The number of callbacks that wait in memory.
    public private(set) var waitingCount = 0
    /// The weight of their payloads, in bytes.
    public private(set) var waitingBytes = 0

    private let limits: Limits
    /// The ordering keys that are held.
    private var lines: [String: CallbackLine<Call>] = [:]
    /// Counts the outcomes taken.
    private var round = 0
    /// The number of ordered callbacks that found no room among the holders.
    private var refusals = 0

    /// How overdue a holder must be before callbacks of other ordering keys show that it has ended, in milliseconds.
    /// The order across keys is looser, since an ordering key can wait for a look-up.
    private static var overdue: Int64 { 60_000 }
    /// After this many callbacks without room among the holders, the overdue holders are forgotten.
    private static var refusalsBetweenSweeps: Int { 1_000 }

    /// An order in which nothing is held.
    public init(limits: Limits = Limits()) {
        self.limits = limits
    }

    // MARK: Events

    /// The scheduler has handed out `schedule`, for the first time or again.
    ///
    /// - Parameters:
    ///   - schedule: the schedule.
    ///   - call: identifies it in the decisions.
    ///   - now: the wall clock; a pause for full memory counts from it.
    /// - Returns: what to do with it, and with those behind it. Empty if it waits in memory.
    public mutating func admit(_ schedule: Schedule, _ call: Call, now: EpochMilliseconds) -> [Decision] {
        let isOrdered = Self.isOrdered(schedule)
        guard isOrdered || lines[schedule.orderingKey] != nil else { return [.attempt(call)] }
        var line = take(schedule.orderingKey)
        defer { keep(line, schedule.orderingKey) }
        let hasRoom = hasRoom(for: schedule, line)
        switch line.obstacle(to: schedule, round: round, stopAtFirst: !hasRoom) {
        case nil:
            if isOrdered { hold(schedule, .inHand, &line) }
            return [.attempt(call)]
        case .inHand where hasRoom:
            if isOrdered { hold(schedule, .inHand, &line) }
            line.wait(schedule, call)
            return []
        case .inHand:
            let pauseEnd = now.advanced(byMilliseconds: limits.pauseMilliseconds)
            return putOff(schedule, call, to: line.place(behind: .beforeAll, for: schedule, earliest: pauseEnd), &line)
        case .putOff(let position):
            return putOff(schedule, call, to: line.place(behind: position, for: schedule), &line)
        }
    }

    /// A callback that was handed out has succeeded, or failed for good.
    ///
    /// - Returns: those that waited for it alone, in the order of their creates.
    public mutating func ended(_ schedule: Schedule) -> [Decision] {
        guard Self.isOrdered(schedule), lines[schedule.orderingKey] != nil else { return [] }
        var line = take(schedule.orderingKey)
        defer { keep(line, schedule.orderingKey) }
        line.end(schedule.origin)
        return line.takeReleased().map { .attempt($0) }
    }

    /// A callback that was handed out is put off, after an attempt or without one, admitted or not.
    ///
    /// - Parameters:
    ///   - schedule: the schedule.
    ///   - time: when it is to be handed out again.
    /// - Returns: those that waited for it, put off to come right after it.
    public mutating func putOff(_ schedule: Schedule, to time: EpochMilliseconds) -> [Decision] {
        guard Self.isOrdered(schedule) else { return [] }
        var line = take(schedule.orderingKey)
        defer { keep(line, schedule.orderingKey) }
        return holdPutOff(schedule, to: schedule.position(putOffTo: time), &line)
    }

    /// An outcome has been taken with all put-offs decided so far. The scheduler knows them at the latest when the next
    /// outcome is taken. Before that, the schedules it hands out say nothing about them.
    public mutating func outcomeTaken() {
        round += 1
    }

    /// Forgets everything, for an owner that drains.
    ///
    /// - Returns: the callbacks that waited in memory, in the order of their creates.
    public mutating func removeAll() -> [Call] {
        let waiting = lines.values.flatMap(\.waiting).sorted { $0.schedule.origin < $1.schedule.origin }
        self = CallbackOrder(limits: limits)
        return waiting.map(\.call)
    }

    // MARK: Holding

    private mutating func putOff(
        _ schedule: Schedule,
        _ call: Call,
        to position: Position,
        _ line: inout CallbackLine<Call>
    ) -> [Decision] {
        let decision = Decision.putOff(call, to: position.time)
        guard Self.isOrdered(schedule) else { return [decision] }
        return [decision] + holdPutOff(schedule, to: position, &line)
    }

    private mutating func holdPutOff(
        _ schedule: Schedule,
        to position: Position,
        _ line: inout CallbackLine<Call>
    ) -> [Decision] {
        guard hold(schedule, .putOff(to: position, round: round), &line) else { return [] }
        return line.putOffWaiting(behind: position, of: schedule.origin, round: round).map { .putOff($0, to: $1) }
    }

    /// Makes `schedule` a holder, or changes its state.
    ///
    /// - Returns: whether it holds; `false` past the bound.
    @discardableResult
    private mutating func hold(
        _ schedule: Schedule,
        _ state: CallbackLine<Call>.HolderState,
        _ line: inout CallbackLine<Call>
    ) -> Bool {
        if line.update(schedule.origin, state) { return true }
        if holderCount + line.holderCount >= limits.maxHolders {
            if refusals.isMultiple(of: Self.refusalsBetweenSweeps) { forgetOverdue(at: schedule.position) }
            guard holderCount + line.holderCount < limits.maxHolders else {
                refusals += 1
                return false
            }
        }
        line.hold(schedule, state)
        return true
    }

    /// Forgets holders that have ended elsewhere and whose ordering key is no longer used.
    private mutating func forgetOverdue(at position: Position) {
        let bound = Position(time: position.time.advanced(byMilliseconds: -Self.overdue), offset: 0)
        for key in Array(lines.keys) {
            var line = take(key)
            line.dropPutOff(before: bound, round: round)
            keep(line, key)
        }
    }

    /// Whether `schedule` may wait in its line, which has been taken out. No line may take more room than it leaves
    /// free, so that a slow line does not put off the callbacks of others (dynamic thresholds, Choudhury and Hahne
    /// 1998).
    private func hasRoom(for schedule: Schedule, _ line: CallbackLine<Call>) -> Bool {
        let free = limits.maxWaiting - waitingCount - line.waiting.count
        let freeBytes = limits.maxWaitingBytes - waitingBytes - line.waitingBytes
        return line.waiting.count < free
            && line.waitingBytes + CallbackLine<Call>.bytes(of: schedule) <= freeBytes
    }

    // MARK: Lines

    /// Takes the line of an ordering key out. `holderCount` and the like exclude it until it is put back.
    private mutating func take(_ key: String) -> CallbackLine<Call> {
        guard let line = lines.removeValue(forKey: key) else { return CallbackLine() }
        holderCount -= line.holderCount
        waitingCount -= line.waiting.count
        waitingBytes -= line.waitingBytes
        return line
    }

    private mutating func keep(_ line: CallbackLine<Call>, _ key: String) {
        guard !line.isEmpty else { return }
        holderCount += line.holderCount
        waitingCount += line.waiting.count
        waitingBytes += line.waitingBytes
        lines[key] = line
    }

    private static func isOrdered(_ schedule: Schedule) -> Bool {
        schedule.target.callback?.isOrdered ?? false
    }
}
