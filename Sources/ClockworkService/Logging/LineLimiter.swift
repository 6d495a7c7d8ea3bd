internal import Bytes
internal import Logging
internal import Runtime

/// Which lines are written of those that come again and again: the first few of a kind in each window. Those that are
/// left out are counted, and a summary says how many there were. A value; the time is given.
///
/// Lines of Clockwork's own are of one kind that are equal, but for their times; a library's that differ in nothing but
/// digits, for it has only its text to say what a line is about. Kinds that are quiet for a window are forgotten; past
/// `maxKinds` at one time the further ones count as one kind.
struct LineLimiter {
    /// How many lines of a kind are written in a window.
    static let perWindow = 20
    /// The length of a window, in milliseconds. It begins with the first line of a kind.
    static let window: Int64 = 10_000
    /// The most kinds that are told apart at one time.
    static let maxKinds = 1_000

    /// What was left out of one kind in one window.
    struct Summary: Equatable {
        /// The message of the first line that was left out.
        var message: String
        /// Of how many lines.
        var count: Int
    }

    /// A kind of line, as a hash.
    struct Kind: Hashable {
        fileprivate var hash: UInt64

        /// The kind of a library's line. Runs of digits count as one digit.
        init(level: Logger.Level, library: String, message: String) {
            var sum = FNV()
            sum.add(level.rawValue.utf8)
            sum.add(library.utf8)
            var wasDigit = false
            for byte in message.utf8 {
                if !byte.isASCIIDigit { sum.add(byte) } else if !wasDigit { sum.add(UInt8(ascii: "0")) }
                wasDigit = byte.isASCIIDigit
            }
            hash = sum.value
        }

        /// The kind of a line of Clockwork's own.
        init(level: Logger.Level, label: String, message: String, metadata: Logger.Metadata) {
            var sum = FNV()
            sum.add(level.rawValue.utf8)
            sum.add(label.utf8)
            sum.add(message.utf8)
            hash = sum.value
            // In no order, for a dictionary has none.
            for (name, value) in metadata {
                var pair = FNV()
                pair.add(name.utf8)
                pair.add(value.description.utf8)
                hash &+= pair.value
            }
        }

        private init(hash: UInt64) { self.hash = hash }

        /// The hash of Fowler, Noll and Vo (FNV-1a, 64 bits).
        private struct FNV {
            private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

            mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }

            /// Adds a text, and an end.
            mutating func add(_ text: some Sequence<UInt8>) {
                for byte in text { add(byte) }
                add(0)
            }
        }

        /// The kind of all for which there is no room.
        fileprivate static let other = Kind(hash: 0)
    }

    private struct Entry {
        var end: Uptime
        var written = 0
        var leftOut = 0
        var message = ""
    }

    private var entries: [Kind: Entry] = [:]
    /// When a window ends, at the earliest; `nil` while there is none.
    private(set) var nextEnd: Uptime?

    /// How many kinds something is remembered of.
    var count: Int { entries.count }

    /// Whether a line is to be written.
    mutating func admits(_ kind: Kind, _ message: @autoclosure () -> String, now: Uptime) -> Bool {
        let kind = entries[kind] == nil && entries.count >= Self.maxKinds ? .other : kind
        var entry = entries[kind] ?? begin(now)
        defer { entries[kind] = entry }
        guard entry.written < Self.perWindow else {
            if entry.leftOut == 0 { entry.message = message() }
            entry.leftOut += 1
            return false
        }
        entry.written += 1
        return true
    }

    private mutating func begin(_ now: Uptime) -> Entry {
        let end = now.advanced(byMilliseconds: Self.window)
        nextEnd = min(end, nextEnd ?? end)
        return Entry(end: end)
    }

    /// Ends the windows that are over, and tells what was left out in them.
    mutating func takeSummaries(now: Uptime) -> [Summary] {
        guard let nextEnd, nextEnd <= now else { return [] }
        var summaries: [Summary] = []
        for (kind, entry) in entries where entry.end <= now {
            entries[kind] = nil
            if entry.leftOut > 0 { summaries.append(Summary(message: entry.message, count: entry.leftOut)) }
        }
        self.nextEnd = entries.values.lazy.map(\.end).min()
        return summaries.sorted { ($0.count, $0.message) > ($1.count, $1.message) }
    }
}
