import DequeModule

/// Questions and writes for the store, waiting or in flight.
struct Outbox {
    struct Question {
        var key: Int32
        /// Whether the request was in the log at the assignment, so that firing begins after the answer.
        var isReplay: Bool
    }

    /// Keys with something to write, in the order in which they came.
    private(set) var queue: Deque<Int32> = []
    /// Writes in flight: the keys of each, by its number.
    private(set) var writes: [Int: [Int32]] = [:]
    private(set) var unasked: Deque<Question> = []
    private(set) var lookUps: [Int: [Question]] = [:]
    /// The look-ups in flight that take long.
    private(set) var late: Set<Int> = []
    /// Questions about requests that were in the log at the assignment, not answered yet.
    private(set) var replayQuestions = 0
    private var lastCall = 0

    /// Keys with something to write.
    var queuedCount: Int { queue.count }
    /// Whether nothing waits and nothing is on its way.
    var isQuiet: Bool { queue.isEmpty && writes.isEmpty && unasked.isEmpty && lookUps.isEmpty }

    // MARK: Writes

    mutating func add(_ key: Int32) {
        queue.append(key)
    }

    /// Takes the next key out of the queue, if the bounds allow another call.
    mutating func next(_ limits: SchedulerLimits) -> Int32? {
        writes.count < limits.maxStoreCallsInFlight ? queue.popFirst() : nil
    }

    /// These changes are in flight; the key of each is at the same index.
    mutating func begin(_ changes: [KeyChange], of keys: [Int32]) -> Effects.StoreCall {
        lastCall += 1
        writes[lastCall] = keys
        return Effects.StoreCall(id: lastCall, changes: changes)
    }

    /// A call has been carried out.
    ///
    /// - Returns: the keys of the call.
    mutating func stored(_ call: Int) -> [Int32] { writes.removeValue(forKey: call) ?? [] }

    // MARK: Look-ups

    /// Asks the store about a key.
    mutating func ask(_ key: Int32, isReplay: Bool) {
        if isReplay { replayQuestions += 1 }
        unasked.append(Question(key: key, isReplay: isReplay))
    }

    /// The next look-up, if the bounds allow one: its number and its keys.
    mutating func nextLookUp(_ limits: SchedulerLimits) -> (id: Int, keys: [Int32])? {
        guard lookUps.count < limits.maxLookUpsInFlight, !unasked.isEmpty else { return nil }
        let questions = Array(unasked.prefix(limits.maxKeysPerLookUp))
        unasked.removeFirst(questions.count)
        lastCall += 1
        lookUps[lastCall] = questions
        return (lastCall, questions.map(\.key))
    }

    /// A look-up has been answered.
    ///
    /// - Returns: its keys, in order; `nil` for one that is not in flight.
    mutating func answered(_ id: Int) -> [Int32]? {
        guard let questions = lookUps.removeValue(forKey: id) else { return nil }
        late.remove(id)
        replayQuestions -= questions.count(where: \.isReplay)
        return questions.map(\.key)
    }

    /// A look-up takes long.
    ///
    /// - Returns: the keys whose schedules no longer need to wait for it. Keys of the replay still wait: the previous
    ///   owner has delivered many of them, and an orderly change of owner repeats nothing.
    mutating func isLate(_ id: Int, _ limits: SchedulerLimits) -> [Int32] {
        guard let questions = lookUps[id] else { return [] }
        late.insert(id)
        let stuck = isStuck(limits) ? Array(unasked) : []
        return (questions + stuck).filter { !$0.isReplay }.map(\.key)
    }

    /// Whether an unsent question would be late, too: all look-ups that the bounds allow take long.
    func isStuck(_ limits: SchedulerLimits) -> Bool { late.count >= limits.maxLookUpsInFlight }
}
