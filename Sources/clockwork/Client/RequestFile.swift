import Bytes
import ClockworkService
import Scheduling

/// A file of structured requests, one a line, read as it is sent: the file may be of any size.
struct RequestFile {
    /// The most bytes of one line. A payload of the largest size fits, even with every byte of it escaped.
    static let maxLineBytes = 4 * 1024 * 1024

    private var lines: LineReader
    private let sourceIsReady: () -> Bool

    /// Opens the file at `path`; `-` is standard input.
    init(path: String) throws(LocalFileError) {
        let file = try LocalFile(path: path)
        self.init(
            lines: LineReader(name: file.name, limit: Self.maxLineBytes) { buffer throws(LocalFileError) in
                try file.read(into: buffer)
            },
            sourceIsReady: { file.isReady }
        )
    }

    init(lines: LineReader, sourceIsReady: @escaping () -> Bool = { true }) {
        self.lines = lines
        self.sourceIsReady = sourceIsReady
    }

    /// Whether `next` has something to work on without waiting for it. The rest of a line may still be waited for.
    var isReady: Bool { lines.hasWholeLine || sourceIsReady() }

    /// The name of the file in errors.
    var name: String { lines.name }

    /// The number of the line that the last request came from, from 1.
    var lineNumber: Int { lines.lineNumber }

    /// The next request as it is to be sent at `now`; `nil` after the last. Empty lines are skipped. Blocks while the
    /// file, a pipe perhaps, has nothing to read.
    mutating func next(now: () -> EpochMilliseconds) throws(LocalFileError) -> OutgoingRequest? {
        while let line = try lines.next() {
            if line.allSatisfy(JSONScanner.isSpace) { continue }
            return RequestLine.prepare(line, now: now())
        }
        return nil
    }
}
