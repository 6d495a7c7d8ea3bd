import Scheduling

extension SimulatedWorld {
    /// Tells what happens where one seed is replayed.
    func trace(_ text: () -> String) {
        if isTracing { print("\(now): \(text())") }
    }

    func name(_ record: SimulatedLog.Record) -> String {
        switch record.request {
        case .create(let schedule):
            "\(schedule.key.scheduleKey)@\(schedule.position.offset) due \(schedule.position.time.rawValue) "
                + "\(schedule.orderingKey)"
        case .cancel(let cancellation): "cancel \(cancellation.key.scheduleKey)@\(cancellation.offset)"
        case nil: "rejected @\(record.offset)"
        }
    }

    func summary(of effects: Effects) -> String {
        var parts = effects.deliver.map { "deliver \($0.schedule.key.scheduleKey)@\($0.schedule.position.offset)" }
        parts += effects.store.map { call in
            "store \(call.id): "
                + call.changes.map { change in
                    "\(change.key.scheduleKey) put \(change.put.map { "@\($0.position.offset)" } ?? "-") "
                        + "record \(change.record.map { "\($0.state) @\($0.requestOffset)" } ?? "-") "
                        + "delete \(change.deletes.map(\.offset))"
                }.joined(separator: ", ")
        }
        parts += effects.lookUp.map { "look up \($0.id): \($0.keys.map(\.scheduleKey))" }
        parts +=
            effects.loadPage.map { ["page after \($0.after.time.rawValue)/\($0.after.offset) limit \($0.limit)"] } ?? []
        parts += effects.commit.map { ["commit \($0)"] } ?? []
        return parts.joined(separator: "; ")
    }
}
