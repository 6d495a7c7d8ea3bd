internal import Scheduling

/// Looks up keys for many calls with few questions to the store.
///
/// A store that is slow or down holds up nobody for long: after a question without an answer in time, none is put for a
/// second.
actor SharedLookUps {
    private let question: SharedQuestion<[ScheduleKey], [ScheduleKey: KeyLookup]?>
    private var restsUntil: ContinuousClock.Instant?

    /// How long a question may take.
    private static let patience = Duration.milliseconds(100)
    /// The pause after one without an answer.
    private static let rest = Duration.seconds(1)

    init(store: any ScheduleStore) {
        question = SharedQuestion { keys in await Self.ask(store, Array(Set(keys.joined()))) }
    }

    /// What the store says of these keys, perhaps of others, too; `nil` where it does not answer in time.
    func lookUps(of keys: [ScheduleKey]) async -> [ScheduleKey: KeyLookup]? {
        if let restsUntil, .now < restsUntil { return nil }
        let answers = await question.answer(to: keys)
        restsUntil = answers == nil ? .now + Self.rest : nil
        return answers
    }

    private static func ask(_ store: any ScheduleStore, _ keys: [ScheduleKey]) async -> [ScheduleKey: KeyLookup]? {
        await withTaskGroup(of: [ScheduleKey: KeyLookup]?.self) { group in
            group.addTask {
                // A key record is found by the key alone; the partition matters to owners only.
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
