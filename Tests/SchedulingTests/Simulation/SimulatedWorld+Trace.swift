import Scheduling

extension SimulatedWorld {
    /// Tells what happens where one seed is replayed.
    func trace(_ text: () -> String) {
        if isTracing { print("\(wallClock.rawValue): \(text())") }
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

    private func place(_ schedule: Schedule) -> String {
        "@\(schedule.position.offset)/\(schedule.position.time.rawValue)"
    }

    func summary(of effects: Effects) -> String {
        var parts = effects.deliver.map {
            "deliver \($0.schedule.key.scheduleKey)@\($0.schedule.position.offset)#\($0.schedule.attempt)"
        }
        parts += effects.store.map { call in
            "store \(call.id): "
                + call.changes.map { change in
                    "\(change.key.scheduleKey) put \(change.put.map(place) ?? "-") "
                        + "record \(change.record.map { "\($0.state) @\($0.requestOffset)" } ?? "-") "
                        + "delete \(change.deletes.map { "@\($0.offset)/\($0.time.rawValue)" })"
                }.joined(separator: ", ")
        }
        parts += effects.lookUp.map { "look up \($0.id): \($0.keys.map(\.scheduleKey))" }
        parts +=
            effects.loadPage.map { ["page after \($0.after.time.rawValue)/\($0.after.offset) limit \($0.limit)"] } ?? []
        parts += effects.commit.map { ["commit \($0)"] } ?? []
        return parts.joined(separator: "; ")
    }
}
