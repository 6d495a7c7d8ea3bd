import Foundation

/// A fault that has happened: between which times, and what may come of it.
struct Incident {
    var name: String
    /// Epoch milliseconds.
    var begin: Int64
    /// When nothing was wrong any more outside of the pods.
    var end: Int64
    /// Whether pods may have read nothing meanwhile.
    var holdsUpReading: Bool
    /// What may be delivered twice: what was due by then, and may have been in flight; `nil` if nothing.
    var mayRepeatUntil: Int64?
    /// What else is worth telling.
    var note = ""

    /// How long before a fault something may have been delivered and not yet deleted from the store, milliseconds.
    private static let settlingTime: Int64 = 2_000
    /// Whether a repeat is one of what was in flight.
    ///
    /// - Parameter start: from when on deliveries may not have been deleted from the store.
    func explains(_ repeated: Verifier.Repeat, since start: Int64) -> Bool {
        guard let limit = mayRepeatUntil else { return false }
        return repeated.due <= limit && begin <= repeated.later
            && min(begin, start) - Self.settlingTime <= repeated.earlier
    }
}

/// What became of the deliveries in each of a run's incidents.
struct IncidentReport: CustomStringConvertible {
    private let findings: Verifier.Findings
    private let incidents: [Incident]
    /// The repeats that no incident explains.
    let unexplained: [Verifier.Repeat]

    init(_ incidents: [Incident], _ findings: Verifier.Findings) {
        self.incidents = incidents
        self.findings = findings
        unexplained = findings.repeats.filter { repeated in
            !incidents.indices.contains { index in
                // What is delivered while the store fails is deleted only after it.
                let before = index > 0 ? incidents[index - 1] : incidents[index]
                return incidents[index].explains(repeated, since: before.begin)
            }
        }
    }

    /// Whether nothing is wrong.
    var isSound: Bool { findings.isSound && unexplained.isEmpty }

    var description: String {
        var lines = [header]
        for index in incidents.indices {
            let incident = incidents[index]
            lines.append(row(incident.name, incident.end - incident.begin, [index], incident.note))
        }
        lines.append("\(findings)")
        for repeated in unexplained.prefix(10) {
            lines.append("not explained: \(repeated.id) at \(repeated.earlier) and \(repeated.later)")
        }
        return lines.joined(separator: "\n")
    }

    /// The same by kinds of incidents.
    var summary: String {
        let kinds = Dictionary(grouping: incidents.indices) { incidents[$0].name }
        let rows = kinds.sorted { $0.key < $1.key }.map { name, indices in
            let length = indices.reduce(0) { $0 + incidents[$1].end - incidents[$1].begin }
            return row(name, length, indices, "\(indices.count) times")
        }
        return ([header] + rows).joined(separator: "\n")
    }

    private var header: String {
        cells("fault", "seconds", "due in it", "median", "99 %", "latest", "late until", "repeats", "")
    }

    /// A row about some of the incidents.
    private func row(_ name: String, _ length: Int64, _ indices: [Int], _ note: String) -> String {
        var late: [Int64] = []
        var lateUntil: Int64?
        var repeats = 0
        for index in indices {
            let incident = incidents[index]
            let next = index + 1 < incidents.count ? incidents[index + 1].begin : Int64.max
            let due = findings.firsts.filter { incident.begin <= $0.due && $0.due < min(next, incident.end + 5_000) }
            late += due.map { $0.deliveredAt - $0.due }
            if let last = due.filter({ $0.deliveredAt - $0.due > 1_000 }).map(\.deliveredAt).max() {
                lateUntil = max(lateUntil ?? .min, last - incident.end)
            }
            repeats += findings.repeats.filter { incident.begin <= $0.later && $0.later < next }.count
        }
        late.sort()
        func share(_ part: Double) -> String {
            late.isEmpty ? "-" : "\(late[min(late.count - 1, Int(part * Double(late.count)))]) ms"
        }
        return cells(
            name,
            seconds(length),
            "\(late.count)",
            share(0.5),
            share(0.99),
            share(1),
            lateUntil.map { "end \($0 < 0 ? "-" : "+") \(seconds(abs($0)))" } ?? "-",
            "\(repeats)",
            note
        )
    }

    private func seconds(_ milliseconds: Int64) -> String {
        String(format: "%.1f", Double(milliseconds) / 1_000)
    }

    private func cells(_ cells: String...) -> String {
        let widths = [36, 8, 10, 10, 10, 10, 12, 8, 0]
        return zip(cells, widths).map { cell, width in
            cell + String(repeating: " ", count: max(0, width - cell.count))
        }.joined(separator: " ")
    }
}
