import Glibc

/// A file of this host that could not be read, or holds too much. The description is one line.
struct LocalFileError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// A file, or standard input, that is open for reading. Used by one task at a time; reads block.
final class LocalFile {
    /// The path, or words for standard input.
    let name: String
    private let descriptor: CInt
    private let isOwned: Bool

    /// Opens the file at `path`; `-` is standard input.
    init(path: String) throws(LocalFileError) {
        guard path != "-" else {
            (name, descriptor, isOwned) = ("standard input", STDIN_FILENO, false)
            return
        }
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        (name, isOwned) = (path, true)
        guard descriptor >= 0 else { throw Self.failure("open", path) }
    }

    deinit {
        if isOwned, descriptor >= 0 { close(descriptor) }
    }

    /// Whether a read would not wait: there are bytes, or the end. Always so for a plain file.
    var isReady: Bool {
        var descriptor = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) != 0
    }

    /// Reads some bytes and returns how many, 0 at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(LocalFileError) -> Int {
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            guard errno == EINTR else { throw Self.failure("read", name) }
        }
    }

    /// All bytes of a file of at most `limit` bytes.
    static func contents(ofFile path: String, limit: Int) throws(LocalFileError) -> [UInt8] {
        let file = try LocalFile(path: path)
        var contents: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = try chunk.withUnsafeMutableBufferPointer { bytes throws(LocalFileError) in
                try file.read(into: UnsafeMutableRawBufferPointer(bytes))
            }
            if count == 0 { return contents }
            contents += chunk[..<count]
            guard contents.count <= limit else { throw LocalFileError("\(file.name) has more than \(limit) bytes") }
        }
    }

    private static func failure(_ action: String, _ name: String) -> LocalFileError {
        LocalFileError("cannot \(action) \(name): \(String(cString: strerror(errno)))")
    }
}
