import Bytes
import ClockworkService
import Glibc

/// Tells on a terminal how far a long send has come: one line on standard error, rewritten a few times a second.
struct ProgressLine {
    private let isTerminal: Bool
    private let start = ContinuousClock.now
    private var shownAt: ContinuousClock.Instant
    private var isShown = false

    /// Nothing is shown in the first second, nor where standard error is no terminal.
    init() {
        isTerminal = isatty(STDERR_FILENO) == 1
        shownAt = start + .milliseconds(800)
    }

    /// Takes note that so many requests have been sent.
    mutating func update(_ count: Int) {
        guard isTerminal else { return }
        let now = ContinuousClock.now
        guard now - shownAt >= .milliseconds(200) else { return }
        (shownAt, isShown) = (now, true)
        Console.writeError("\r\(Self.text(count, after: now - start))\u{1B}[K")
    }

    /// Clears the line.
    mutating func finish() {
        if isShown { Console.writeError("\r\u{1B}[K") }
        isShown = false
    }

    /// What the line says.
    static func text(_ count: Int, after duration: Duration) -> String {
        "\(count) requests, \(Int64(count) * 1_000 / max(1, duration.wholeMilliseconds))/s"
    }
}
