import Harness
import Scheduling

/// The scheduler of a partition, with a store and a producer that answer at once.
enum Scheduler {
    static func run(_ harness: Harness) {
        measure(harness, "scheduler, a schedule for later: created, stored, fired, done, deleted", delay: 1_000)
        measure(harness, "scheduler, a schedule due already: created, looked up, fired, done, stored", delay: -1)
    }

    private static let batches = 40
    private static let batch = 500

    private static func measure(_ harness: Harness, _ name: String, delay: Int64) {
        guard harness.wants(name) else { return }
        var driver = Driver()
        var items: [IntakeItem] = []
        harness.measure(name, operations: batches * batch) {
            for _ in 0..<batches {
                items.removeAll(keepingCapacity: true)
                for _ in 0..<batch { items.append(driver.create(delay: delay)) }
                driver.take(items)
                driver.advance(by: 1_000)
            }
        }
        precondition(driver.scheduler.counters.delivered >= batches * batch, "not everything was delivered")
        precondition(driver.scheduler.unsettledCount == 0, "not everything is settled")
    }

    private struct Driver {
        var scheduler: PartitionScheduler
        private var now = EpochMilliseconds(rawValue: 1_000_000)
        private var offset: Int64 = 0
        private let payload = [UInt8](repeating: 7, count: 200)

        init() {
            scheduler = PartitionScheduler(partition: 0, start: 0, end: 0, now: now)
            var effects = Effects()
            scheduler.timeReached(now, &effects)
            answer(&effects)
        }

        mutating func create(delay: Int64) -> IntakeItem {
            offset += 1
            return .request(
                .create(
                    Schedule(
                        key: ScheduleKey(clientID: "shop", scheduleKey: "order-\(offset)"),
                        position: Position(time: now.advanced(byMilliseconds: delay), offset: offset - 1),
                        orderingKey: "customer-\(offset % 100)",
                        target: .topic("order-reminders"),
                        payload: payload,
                        headers: RecordHeaders()
                    )
                )
            )
        }

        mutating func take(_ items: [IntakeItem]) {
            var effects = Effects()
            scheduler.requestsRead(items, now: now, &effects)
            answer(&effects)
        }

        mutating func advance(by milliseconds: Int64) {
            now = now.advanced(byMilliseconds: milliseconds)
            var effects = Effects()
            scheduler.timeReached(now, &effects)
            answer(&effects)
        }

        /// Answers whatever is asked for until nothing is.
        private mutating func answer(_ effects: inout Effects) {
            while true {
                let asked = effects
                effects = Effects()
                for call in asked.store { scheduler.changesStored(call.id, now: now, &effects) }
                for call in asked.lookUp {
                    let answers = [KeyLookup](repeating: .unknown, count: call.keys.count)
                    scheduler.keysLookedUp(call.id, answers, now: now, &effects)
                }
                if asked.loadPage != nil {
                    scheduler.pageLoaded(TimelinePage(items: [], reachedEnd: true), now: now, &effects)
                }
                if !asked.deliver.isEmpty {
                    scheduler.delivered(asked.deliver.map(\.token), now: now, &effects)
                }
                let isDone =
                    asked.store.isEmpty && asked.lookUp.isEmpty && asked.loadPage == nil && asked.deliver.isEmpty
                    && effects.store.isEmpty && effects.lookUp.isEmpty && effects.loadPage == nil
                    && effects.deliver.isEmpty
                if isDone { return }
            }
        }
    }
}
