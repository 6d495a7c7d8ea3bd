internal import Glibc
internal import Synchronization

/// Standard error as a place for whole lines.
final class StandardError: Sendable {
    static let shared = StandardError()

    /// Held while a line is written. One write is enough for a terminal or a file; a pipe takes a line longer than its
    /// buffer in parts, and the parts of two threads must not mix.
    private let line = Mutex(())

    private init() {}

    /// Writes all of `text`. What cannot be written is lost: there is no better place to say so.
    func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            line.withLock { _ in
                var rest = UnsafeRawBufferPointer(bytes)
                while !rest.isEmpty {
                    let count = Glibc.write(STDERR_FILENO, rest.baseAddress, rest.count)
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { return }
                    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                }
            }
        }
    }
}
