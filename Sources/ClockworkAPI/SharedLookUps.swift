internal import Scheduling

/// Looks up keys for many calls with few questions to the store.
///
/// A slow or failing store delays nobody for long: after a question without a timely answer, the store is not asked
/// again for a second.
actor SharedLookUps {
    private let question: SharedQuestion<[ScheduleKey], [ScheduleKey: KeyLookup]?>
    private var restsUntil: ContinuousClock.Instant?

    /// The time that one question may take.
    private static let patience = Duration.milliseconds(100)
    /// The pause after a question without an answer.
    private static let rest = Duration.seconds(1)

    init(store: any ScheduleStore) {
        question = SharedQuestion { keys in await Self.ask(store, Array(Set(keys.joined()))) }
    }

    /// The store's answers for these keys and perhaps for others; `nil` if it does not answer in time.
    func lookUps(of keys: [ScheduleKey]) async -> [ScheduleKey: KeyLookup]? {
        if let restsUntil, .now < restsUntil { return nil }
        let answers = await question.answer(to: keys)
        restsUntil = answers == nil ? .now + Self.rest : nil
        return answers
    }

    private static func ask(_ store: any ScheduleStore, _ keys: [ScheduleKey]) async -> [ScheduleKey: KeyLookup]? {
        await withTaskGroup(of: [ScheduleKey: KeyLookup]?.self) { group in
            group.addTask {
                // The key alone identifies its record; the partition matters only to owners.
                guard let answers = try? await store.lookUp(keys, partition: 0) else { return nil }
                return Dictionary(uniqueKeysWithValues: zip(keys, answers))
            }
            group.addTask {
                try? await Task.sleep(for: patience)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }
}
