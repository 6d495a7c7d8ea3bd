import Glibc

/// Standard output and standard error, a line at a time and at once, also into a pipe.
enum Console {
    /// Writes a line to standard output.
    static func print(_ line: String) {
        Swift.print(line)
        fflush(nil)
    }

    /// Writes text to standard error.
    static func writeError(_ text: String) {
        let bytes = Array(text.utf8)
        // Nobody is left to tell if this fails.
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}
