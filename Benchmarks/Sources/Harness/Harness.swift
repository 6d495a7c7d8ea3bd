internal import Glibc

/// Measures nanoseconds per operation: the median of several samples, and how far they lie apart.
///
/// Not a package's harness: what is measured keeps its state from sample to sample (a wheel with ten million
/// residents), and one figure and its spread are all that is wanted of each.
package struct Harness {
    /// Print one JSON object a line.
    package let json: Bool
    /// Run everything once and measure nothing, for a tool that counts instructions.
    package let once: Bool
    /// Only what has this in its name is measured; `nil` for everything.
    package let filter: String?

    /// From the arguments of the process: `--json`, `--once`, and what a name has to contain.
    package init(arguments: [String]) {
        json = arguments.contains("--json")
        once = arguments.contains("--once")
        filter = arguments.dropFirst().first { !$0.hasPrefix("--") }
    }

    private static let samples = 7

    package func wants(_ name: String) -> Bool { filter.map(name.contains) ?? true }

    /// Measures `body`, which does `operations` of them, after running it once for nothing.
    ///
    /// With ``once`` that one run is all, and the name and number of operations are printed.
    package func measure(_ name: String, operations: Int, _ body: () throws -> Void) rethrows {
        guard wants(name) else { return }
        try body()
        if once { return print("\(name): \(operations)") }
        var samples: [Double] = []
        for _ in 0..<Self.samples {
            let begin = Self.nanoseconds()
            try body()
            samples.append(Double(Self.nanoseconds() - begin) / Double(operations))
        }
        samples.sort()
        let (least, median, most) = (samples[0], samples[samples.count / 2], samples[samples.count - 1])
        if json {
            print(
                "{\"benchmark\":\"\(name)\",\"nsPerOperation\":{\"median\":\(median),\"least\":\(least),\"most\":\(most)},"
                    + "\"operations\":\(operations)}"
            )
        } else {
            print("\(name): \(Self.text(median)) ns (\(Self.text(least))…\(Self.text(most)))")
        }
    }

    /// Reports figures that are not nanoseconds.
    package func report(_ name: String, _ figures: [(name: String, value: Double)]) {
        if json {
            let members = figures.map { "\"\($0.name)\":\($0.value)" }
            print("{\"benchmark\":\"\(name)\",\(members.joined(separator: ","))}")
        } else {
            print("\(name): " + figures.map { "\($0.name) \(Self.text($0.value))" }.joined(separator: ", "))
        }
    }

    package static func nanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    private static func text(_ value: Double) -> String {
        String((value * 100).rounded() / 100)
    }
}

/// Keeps the compiler from leaving out what nobody reads.
@inline(never)
package func keep<Value>(_ value: borrowing Value) {}
