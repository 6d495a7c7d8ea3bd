/// A profile of the [shared files](https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html). The credentials
/// file takes precedence over the config file.
public struct SharedProfile {
    private var values: [String: String] = [:]

    /// Reads a profile; `nil` if neither file has it.
    ///
    /// - Parameters:
    ///   - name: the profile's name.
    ///   - settings: where the files are.
    ///   - readFile: the text of the file at a path, or `nil` if it cannot be read.
    public init?(name: String, settings: CredentialsSettings, readFile: (_ path: String) -> String?) {
        var isThere = false
        // In the config file, the heading of every profile but the default one begins with the word "profile".
        let titles = [
            (settings.configFile, name == "default" ? ["default", "profile default"] : ["profile \(name)"]),
            (settings.credentialsFile, [name]),
        ]
        for (path, titles) in titles {
            guard let text = path.flatMap(readFile) else { continue }
            for (title, section) in Self.sections(text) where titles.contains(title) {
                isThere = true
                values.merge(section) { $1 }
            }
        }
        guard isThere else { return nil }
    }

    /// A value by its name, such as `region`. An empty value counts as absent.
    public subscript(_ name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

    private static func sections(_ text: String) -> [(title: String, values: [String: String])] {
        var sections: [(title: String, values: [String: String])] = []
        for line in text.split(whereSeparator: \.isNewline) {
            // An indented line belongs to the value above it, and no such value is needed here.
            guard let first = line.first, !first.isWhitespace, first != "#", first != ";" else { continue }
            if first == "[" {
                let words = line.dropFirst().prefix { $0 != "]" }.split(whereSeparator: \.isWhitespace)
                sections.append((words.joined(separator: " "), [:]))
            } else if let equals = line.firstIndex(of: "="), !sections.isEmpty {
                let name = trimmed(line[..<equals]).lowercased()
                sections[sections.count - 1].values[name] = trimmed(line[line.index(after: equals)...])
            }
        }
        return sections
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
