import Glibc
import ServiceLifecycle

/// Gives back the pages of code that only the start of a pod has touched.
///
/// Half of what an idle pod has resident would be such pages: of the executable, libcrypto, libcurl and what it brings.
/// They are clean pages of files, so nothing is lost: what is needed again is mapped again from the page cache, and what
/// is not, the host may use otherwise.
struct StartPages: Service {
    private static let delay = Duration.seconds(15)

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            try await Task.sleep(for: Self.delay)
            Self.giveBack()
        }
    }

    /// Only code: read-only data of an executable holds addresses that its loader has filled in, and would lose them.
    private static func giveBack() {
        guard let maps = try? LocalFile.contents(ofFile: "/proc/self/maps", limit: 1 << 20) else { return }
        for line in String(decoding: maps, as: UTF8.self).split(separator: "\n") {
            guard let range = codeOfFile(line) else { continue }
            madvise(UnsafeMutableRawPointer(bitPattern: range.lowerBound), range.count, MADV_DONTNEED)
        }
    }

    /// The addresses of a line of `/proc/self/maps`, if it is about code of a file that nothing can write to:
    /// `55d0c0a00000-55d0c1c00000 r-xp 00d57000 fe:00 1234  /usr/bin/clockwork`.
    static func codeOfFile(_ line: Substring) -> Range<UInt>? {
        let fields = line.split(separator: " ", maxSplits: 5)
        guard fields.count == 6, fields[1] == "r-xp", fields[5].drop(while: { $0 == " " }).first == "/" else {
            return nil
        }
        let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
        return ends.count == 2 && ends[0] < ends[1] ? ends[0]..<ends[1] : nil
    }
}
