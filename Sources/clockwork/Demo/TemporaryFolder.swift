import Glibc

/// A folder of its own for one run.
struct TemporaryFolder {
    let path: String

    init() throws(ClientError) {
        let base = ProcessEnvironment.variables["TMPDIR"] ?? "/tmp"
        var template = Array("\(base)/clockwork-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw ClientError("no folder can be made in \(base): \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Removes the folder and the files in it.
    func remove() {
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != ".", name != ".." { unlink("\(path)/\(name)") }
            }
            closedir(folder)
        }
        rmdir(path)
    }
}
