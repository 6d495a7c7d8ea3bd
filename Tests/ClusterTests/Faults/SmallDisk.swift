import Foundation
import Glibc

/// A file system of a few megabytes that can be filled to the last byte. Needs the right to mount.
struct SmallDisk {
    let path: String
    private var ballast: String { path + "/ballast" }

    /// Whether this process may mount: found out by doing it.
    static let isPossible: Bool = {
        let path = FileManager.default.temporaryDirectory.appending(path: "clockwork-disk-\(UUID().uuidString)").path
        guard let disk = try? SmallDisk(path: path) else { return false }
        disk.remove()
        return true
    }()

    /// Makes one of so many megabytes, at a path where nothing is.
    init(path: String, megabytes: Int = 8) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        guard mount("clockwork", path, "tmpfs", 0, "size=\(megabytes)m") == 0 else {
            rmdir(path)
            throw Impatient(description: "no file system can be mounted: \(String(cString: strerror(errno)))")
        }
    }

    /// Takes all the room there is.
    func fill() throws {
        let file = open(ballast, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Impatient(description: "the disk cannot be filled") }
        defer { close(file) }
        for size in [65_536, 4_096, 1] {
            let block = [UInt8](repeating: 0, count: size)
            while write(file, block, size) > 0 {}
        }
    }

    /// Gives the room back.
    func empty() {
        unlink(ballast)
    }

    func remove() {
        umount2(path, Int32(MNT_DETACH))
        rmdir(path)
    }
}
