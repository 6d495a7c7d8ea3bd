/// Narrows a failing world down: to as few planned events and parts as it takes to fail, one by one in the end (after
/// Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002).
struct WorldShrinker {
    /// Whether a world fails.
    private let fails: (WorldRecipe) -> Bool

    init(fails: @escaping (WorldRecipe) -> Bool = { !SimulatedWorld($0).run().isEmpty }) {
        self.fails = fails
    }

    /// A world that fails as `recipe` does and has no event or part left that could go alone.
    func shrink(_ recipe: WorldRecipe) -> WorldRecipe {
        var best = recipe
        best.kept = recipe.kept ?? Array(SimulatedWorld(recipe).plan.events.indices)
        guard fails(best) else { return recipe }
        while true {
            let before = (best.kept?.count, best.without.count)
            dropParts(&best)
            dropEvents(&best)
            if before == (best.kept?.count, best.without.count) { return best }
        }
    }

    private func dropParts(_ best: inout WorldRecipe) {
        for part in SimulatedFaults.Part.allCases where !best.without.contains(part) {
            var smaller = best
            smaller.without.insert(part)
            if fails(smaller) { best = smaller }
        }
    }

    /// Drops runs of events, long ones first.
    private func dropEvents(_ best: inout WorldRecipe) {
        var length = max(1, (best.kept?.count ?? 0) / 2)
        while true {
            var start = 0
            while let kept = best.kept, start < kept.count {
                var smaller = best
                smaller.kept?.removeSubrange(start..<min(start + length, kept.count))
                if fails(smaller) { best = smaller } else { start += length }
            }
            if length == 1 { return }
            length = max(1, length / 2)
        }
    }
}
