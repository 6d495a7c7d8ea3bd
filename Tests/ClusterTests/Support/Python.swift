import Foundation

/// The interpreter with the tests' packages.
enum Python {
    static var path: String {
        get throws {
            guard let path = ProcessInfo.processInfo.environment["CLOCKWORK_PYTHON"] else {
                throw Impatient(description: "CLOCKWORK_PYTHON names no Python for the tests; see Tests/run.sh.")
            }
            return path
        }
    }

    /// The path of a script in `Tests/Support`.
    static func script(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Support/" + name).standardized.path
    }
}
