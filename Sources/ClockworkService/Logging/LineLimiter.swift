internal import Bytes
internal import Logging
internal import Runtime

/// Limits lines that repeat: in each window, only the first few lines of a kind are written. The others are left out
/// and counted, and a summary reports their number. A value; the time is an argument.
///
/// Two lines of Clockwork belong to one kind if they differ only in their time. Two lines of a library belong to one
/// kind if they differ only in digits, because a library's text is all that shows what a line is about. A kind is
/// forgotten when its window has ended. At most `maxKinds` kinds are remembered at one time; all further ones count as
/// one kind.
struct LineLimiter {
    /// The number of lines of a kind that are written in a window.
    static let perWindow = 20
    /// The length of a window, in milliseconds. It begins with the first line of a kind.
    static let window: Int64 = 10_000
    /// The most kinds that are distinguished at one time.
    static let maxKinds = 1_000

    /// The lines of one kind that were left out in one window.
    struct Summary: Equatable {
        /// The message of the first line that was left out.
        var message: String
        /// The number of lines.
        var count: Int
    }

    /// A kind of line, as a hash.
    struct Kind: Hashable {
        fileprivate var hash: UInt64

        /// The kind of a library's line. A run of digits counts as one digit.
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

        /// The kind of a line of Clockwork.
        init(level: Logger.Level, label: String, message: String, metadata: Logger.Metadata) {
            var sum = FNV()
            sum.add(level.rawValue.utf8)
            sum.add(label.utf8)
            sum.add(message.utf8)
            hash = sum.value
            // The order must not matter, because a dictionary has none.
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

            /// Adds a text and a separator.
            mutating func add(_ text: some Sequence<UInt8>) {
                for byte in text { add(byte) }
                add(0)
            }
        }

        /// The kind of all lines for whose own kind there is no room.
        fileprivate static let other = Kind(hash: 0)
    }

    private struct Entry {
        var end: Uptime
        var written = 0
        var leftOut = 0
        var message = ""
    }

    private var entries: [Kind: Entry] = [:]
    /// When the earliest window ends; `nil` if there is no window.
    private(set) var nextEnd: Uptime?

    /// The number of kinds that are remembered.
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

    /// Ends the windows that are over, and reports the lines that were left out in them.
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
