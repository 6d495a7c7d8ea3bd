/// A file of `name=value` lines. A line that begins with `#` is a comment, and empty lines are skipped. Spaces around
/// names and values do not belong to them. A value may contain `=` and `#`.
struct PropertyLines {
    /// One `name=value` line.
    struct Line {
        let number: Int
        let name: String
        let value: String
    }

    /// The lines in the order of the file; no name occurs twice.
    let lines: [Line]

    /// - Parameter path: The name of the file in errors. Its text never appears in them, because it may be secret.
    init(_ text: String, path: String) throws(ConfigurationError) {
        var lines: [Line] = []
        var names: Set<String> = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = line.trimmed()
            if line.isEmpty || line.first == "#" { continue }
            guard let equals = line.firstIndex(of: "=") else {
                throw ConfigurationError("\(path) line \(index + 1) has no '='; accepted are name=value lines")
            }
            let name = String(line[..<equals].trimmed())
            guard !name.isEmpty else {
                throw ConfigurationError("\(path) line \(index + 1) has no name; accepted are name=value lines")
            }
            guard names.insert(name).inserted else {
                throw ConfigurationError(
                    "\(path) line \(index + 1) sets \(ConfigurationError.quoted(name)) again; accepted is one line each"
                )
            }
            let value = String(line[line.index(after: equals)...].trimmed())
            lines.append(Line(number: index + 1, name: name, value: value))
        }
        self.lines = lines
    }
}
