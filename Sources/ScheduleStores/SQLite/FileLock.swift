internal import Glibc
internal import Scheduling

/// An exclusive lock on a file. It is held until the object is released or the process ends, in whatever way.
///
/// The file names the holder of the lock. The file is not deleted afterwards: otherwise two processes could lock two
/// files of the same name.
final class FileLock: Sendable {
    private let descriptor: Int32

    /// - Throws: `inUse`, which names the holder, if another process holds the lock; `unavailable` for any other
    ///   failure.
    init(path: String) throws(ScheduleStoreError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw ScheduleStoreError(code: .unavailable, message: "\(path) cannot be opened: \(Self.reason(errno)).")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let cause = errno
            let holder = Self.contents(of: descriptor)
            close(descriptor)
            guard cause == EWOULDBLOCK else {
                throw ScheduleStoreError(
                    code: .unavailable,
                    message: "\(path) cannot be locked: \(Self.reason(cause))."
                )
            }
            throw ScheduleStoreError(
                code: .inUse,
                message: "\(path) is locked\(holder.isEmpty ? "" : " by \(holder)"): only one pod can use a file."
            )
        }
        self.descriptor = descriptor

        let holder = Array("process \(getpid()) on \(Self.hostName)\n".utf8)
        ftruncate(descriptor, 0)
        _ = pwrite(descriptor, holder, holder.count, 0)
    }

    deinit {
        close(descriptor)
    }

    private static func contents(of descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)).prefix { $0 != 0x0A }, as: UTF8.self)
    }

    private static var hostName: String {
        var bytes = [UInt8](repeating: 0, count: 256)
        let result = bytes.withUnsafeMutableBytes { gethostname($0.bindMemory(to: CChar.self).baseAddress!, 255) }
        return result == 0 ? String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) : "an unknown host"
    }

    private static func reason(_ code: Int32) -> String {
        strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }
}
