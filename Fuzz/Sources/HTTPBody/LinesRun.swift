import FuzzSupport
import NIOCore

@testable import ClockworkAPI

/// A stream of lines in chunks of any size, held against the lines of the whole.
struct LinesRun {
    private let limit: Int
    private let chunks: [[UInt8]]

    init(_ input: inout FuzzInput) {
        limit = Int(input.takeByte())
        var chunks: [[UInt8]] = []
        while !input.isEmpty { chunks.append(input.takeShort()) }
        self.chunks = chunks
    }

    func run() {
        var splitter = LineSplitter(limit: limit)
        var lines: [Result<ByteBuffer, Problem>] = []
        for chunk in chunks {
            lines += splitter.take(ByteBuffer(bytes: chunk)) { bytes in
                require(bytes <= limit, "no more than a line is held")
                return true
            }
        }
        if let last = splitter.takeLast() { lines.append(.success(last)) }

        // A line that is too long is answered once, whether its end came or not.
        var expected = chunks.joined().split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if expected.last?.isEmpty == true { expected.removeLast() }
        require(lines.count == expected.count, "one answer for a line: \(lines.count) of \(expected.count)")
        for (line, bytes) in zip(lines, expected) {
            switch line {
            case .success(let buffer):
                require(bytes.count <= limit, "a long line is refused")
                require(buffer.readableBytesView.elementsEqual(bytes), "a line keeps its bytes")
                BodyRun.check(buffer, action: .create)
            case .failure(let problem):
                require(problem == .tooLarge(limit: limit), "the only problem is the length")
                require(bytes.count > limit, "a line within the limit is taken")
            }
        }
    }
}
