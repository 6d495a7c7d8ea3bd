internal import Runtime

extension GroupMember {
    /// Notes the obstacles to its work.
    func note(in obstacles: inout Obstacles, now: Uptime) {
        obstacles.note(.group, place.obstacle, now: now)
        let unknown = "Assigned partitions are not read yet: brokers or store have not answered which log they have."
        obstacles.note(.log, assignments.isSettling ? unknown : nil, now: now)
        let behind = owners.all.filter { $0.lag.isBehind(now: now) }.sorted { $0.partition < $1.partition }
        let list = behind.map { "\($0.partition) (\($0.lag.last.readable))" }.joined(separator: ", ")
        let waiting = "Requests wait in the intake. By partition, how many: \(list)."
        obstacles.note(.behind, behind.isEmpty ? nil : waiting, now: now)
    }
}
