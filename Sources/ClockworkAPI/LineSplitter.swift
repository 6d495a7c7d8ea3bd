internal import NIOCore

/// Cuts a body that comes in chunks into lines, which end with a line feed, or a carriage return and a line feed. Pure.
struct LineSplitter {
    /// The most bytes of a line, its end not counted.
    let limit: Int
    /// The line whose end has not come yet.
    private var line = ByteBuffer()
    /// Whether the rest of a line that has been answered with a problem is being passed over.
    private var isSkipping = false

    init(limit: Int) {
        self.limit = limit
    }

    /// The lines that end in `chunk`, in order; a problem in the place of one that is too long, or for which there is no
    /// room, as soon as that is known.
    ///
    /// - Parameter hold: notes that so many bytes are kept for a line in all; `false` where there is no room for them.
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

    /// What came behind the last line's end; `nil` where nothing did.
    mutating func takeLast() -> ByteBuffer? {
        defer { line = ByteBuffer() }
        return line.readableBytes > 0 ? Self.withoutReturn(line) : nil
    }

    /// Whether the line is too long already. A carriage return at the end of what has come is perhaps of the line's end.
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
