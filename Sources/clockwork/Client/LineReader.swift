import ClockworkService

/// Cuts a stream of bytes into lines, in memory bounded by the longest line that is let through.
struct LineReader {
    /// Reads some bytes into the buffer and returns how many, 0 at the end.
    typealias Source = (UnsafeMutableRawBufferPointer) throws(LocalFileError) -> Int

    /// The most bytes of one line, without its end.
    let limit: Int
    /// The name of the stream in errors.
    let name: String

    /// The number of the line that `next` returned last, from 1.
    private(set) var lineNumber = 0

    private let source: Source
    private var chunk = [UInt8](repeating: 0, count: 64 * 1024)
    private var buffer: [UInt8] = []
    /// Where the bytes that were not returned yet start, and up to where they hold no line end.
    private var start = 0
    private var searched = 0
    private var sourceEnded = false

    init(name: String, limit: Int, source: @escaping Source) {
        self.name = name
        self.limit = limit
        self.source = source
    }

    /// Whether the next line has been read from the source already.
    var hasWholeLine: Bool { buffer[searched...].contains(UInt8(ascii: "\n")) }

    /// The next line without its `\n`; `nil` after the last. A last line needs no end.
    mutating func next() throws(LocalFileError) -> [UInt8]? {
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = try take(upTo: end)
                start = end + 1
                searched = start
                return line
            }
            searched = buffer.count
            if sourceEnded {
                guard start < buffer.count else { return nil }
                let line = try take(upTo: buffer.count)
                start = buffer.count
                return line
            }
            guard buffer.count - start <= limit else { throw tooLong(line: lineNumber + 1) }
            try fill()
        }
    }

    private mutating func take(upTo end: Int) throws(LocalFileError) -> [UInt8] {
        lineNumber += 1
        guard end - start <= limit else { throw tooLong(line: lineNumber) }
        return Array(buffer[start..<end])
    }

    /// Moves the rest to the front and reads up to a chunk behind it.
    private mutating func fill() throws(LocalFileError) {
        let count = try chunk.withUnsafeMutableBufferPointer { bytes throws(LocalFileError) in
            try source(UnsafeMutableRawBufferPointer(bytes))
        }
        buffer.removeFirst(start)
        searched -= start
        start = 0
        buffer += chunk[..<count]
        sourceEnded = count == 0
    }

    private func tooLong(line: Int) -> LocalFileError {
        LocalFileError("\(name) line \(line) is longer than \(limit) bytes")
    }
}
