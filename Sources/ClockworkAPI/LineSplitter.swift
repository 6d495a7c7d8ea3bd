internal import NIOCore

/// Splits a body that comes in chunks into lines. A line ends with a line feed, or with a carriage return and a line
/// feed. Pure.
struct LineSplitter {
    /// The most bytes of a line without its end.
    let limit: Int
    /// The line that has not ended yet.
    private var line = ByteBuffer()
    /// Whether the rest of a line is skipped, because the line has already been answered with a problem.
    private var isSkipping = false

    init(limit: Int) {
        self.limit = limit
    }

    /// The lines that end in `chunk`, in order. A line that is too long, or for which there is no room, is replaced by
    /// a problem, as soon as that is known.
    ///
    /// - Parameter hold: notes the number of bytes that are kept for the present line; `false` if there is no room for
    ///   them.
    mutating func take(_ chunk: ByteBuffer, hold: (Int) -> Bool) -> [Result<ByteBuffer, Problem>] {
        var chunk = chunk
        var lines: [Result<ByteBuffer, Problem>] = []
        while let end = chunk.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
            var rest = chunk.readSlice(length: end - chunk.readerIndex) ?? ByteBuffer()
            chunk.moveReaderIndex(forwardBy: 1)
            if isSkipping {
                isSkipping = false
            } else if isTooLong(with: rest) {
                lines.append(.failure(.tooLarge(limit: limit)))
            } else if line.readableBytes == 0 {
                lines.append(.success(Self.withoutReturn(rest)))
            } else {
                line.writeBuffer(&rest)
                lines.append(.success(Self.withoutReturn(line)))
            }
            line = ByteBuffer()
        }
        guard !isSkipping else { return lines }
        if isTooLong(with: chunk) {
            lines.append(.failure(.tooLarge(limit: limit)))
        } else if !hold(line.readableBytes + chunk.readableBytes) {
            lines.append(.failure(.tooBusy))
        } else {
            line.writeBuffer(&chunk)
            return lines
        }
        isSkipping = true
        line = ByteBuffer()
        return lines
    }

    /// The text after the end of the last line; `nil` if there is none.
    mutating func takeLast() -> ByteBuffer? {
        defer { line = ByteBuffer() }
        return line.readableBytes > 0 ? Self.withoutReturn(line) : nil
    }

    /// Whether the line is already too long. A carriage return at the end may belong to the line's end, so it does not
    /// count.
    private func isTooLong(with rest: ByteBuffer) -> Bool {
        let end = rest.readableBytes > 0 ? rest : line
        return line.readableBytes + rest.readableBytes - (Self.endsWithReturn(end) ? 1 : 0) > limit
    }

    private static func endsWithReturn(_ bytes: ByteBuffer) -> Bool {
        bytes.readableBytesView.last == UInt8(ascii: "\r")
    }

    private static func withoutReturn(_ line: ByteBuffer) -> ByteBuffer {
        guard endsWithReturn(line) else { return line }
        var line = line
        line.moveWriterIndex(to: line.writerIndex - 1)
        return line
    }
}
