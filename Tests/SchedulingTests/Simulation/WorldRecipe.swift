/// What makes a world: a seed, and what has been left out of the world that the seed alone makes.
struct WorldRecipe: CustomStringConvertible {
    var seed: UInt64
    /// The planned events that take place, by their numbers; `nil` for all of them.
    var kept: [Int]?
    var without: Set<SimulatedFaults.Part> = []

    init(seed: UInt64) {
        self.seed = seed
    }

    /// The recipe of a description, as a failure prints it: `4711`, `4711/3,5,17`, `4711/3,5/gaps,rewinds`.
    init?(_ text: String) {
        let fields = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let seed = fields.first.flatMap({ UInt64($0) }), fields.count <= 3 else { return nil }
        self.seed = seed
        if fields.count > 1, fields[1] != "all" { kept = fields[1].split(separator: ",").compactMap { Int($0) } }
        if fields.count > 2 {
            without = Set(fields[2].split(separator: ",").compactMap { SimulatedFaults.Part(rawValue: String($0)) })
        }
    }

    var description: String {
        guard kept != nil || !without.isEmpty else { return "\(seed)" }
        let kept = kept.map { $0.map(String.init).joined(separator: ",") } ?? "all"
        let without = without.map(\.rawValue).sorted().joined(separator: ",")
        return "\(seed)/\(kept)" + (without.isEmpty ? "" : "/\(without)")
    }
}
