/// The text of each setting. It comes from the environment, else from the file, else from the defaults.
///
/// An empty value counts as not set, because deployment templates leave a variable out in that way.
struct SettingValues {
    private let environment: [String: String]
    private let file: [String: String]

    private static let propertyPrefix = "KAFKA_PROPERTY_"

    /// - Throws: If a line of the file is not `name=value`, or has a name that is not a setting.
    init(environment: [String: String], file: Configuration.File?) throws(ConfigurationError) {
        self.environment = environment.filter { !$0.value.isEmpty }
        var values: [String: String] = [:]
        if let file {
            for line in try PropertyLines(file.text, path: file.path).lines {
                guard let name = Self.settingName(line.name) else {
                    throw ConfigurationError(
                        "\(file.path) line \(line.number): \(ConfigurationError.quoted(line.name)) is not a setting;"
                            + " accepted are the names of the documentation, such as KAFKA_BROKERS or kafka.brokers"
                    )
                }
                guard values[name] == nil else {
                    throw ConfigurationError(
                        "\(file.path) line \(line.number) sets \(name) again; accepted is one line for each setting"
                    )
                }
                values[name] = line.value
            }
        }
        self.file = values.filter { !$0.value.isEmpty }
    }

    /// A path, in which `~/` at the beginning means the home directory. `nil` if the path is not set, or if there is no
    /// home directory.
    func path(_ setting: Setting) -> String? {
        guard let path = found(setting)?.value else { return nil }
        guard path.hasPrefix("~/") else { return path }
        return environment["HOME"].map { $0 + path.dropFirst() }
    }

    /// The value of a setting, with the name that it was found under. The environment takes precedence over the file,
    /// whichever alias they use.
    func found(_ setting: Setting) -> (name: String, value: String)? {
        for source in [environment, file] {
            for name in [setting.name] + setting.aliases {
                if let value = source[name] { return (name, value) }
            }
        }
        return setting.defaultValue.map { (setting.name, $0) }
    }

    /// The value of an optional setting.
    func optional<Value>(
        _ setting: Setting,
        _ parse: (String) -> Value?
    ) throws(ConfigurationError) -> Value? {
        guard let (name, text) = found(setting) else { return nil }
        guard let value = parse(text) else { throw .notAccepted(setting, name: name, value: text) }
        return value
    }

    /// The value of a setting that has a default or must be set.
    func required<Value>(
        _ setting: Setting,
        _ parse: (String) -> Value?
    ) throws(ConfigurationError) -> Value {
        guard let value = try optional(setting, parse) else { throw .missing(setting) }
        return value
    }

    /// The properties that the `KAFKA_PROPERTY_<NAME>` variables set, by property name.
    func kafkaProperties() -> [String: String] {
        var properties: [String: String] = [:]
        for (name, value) in file.merging(environment, uniquingKeysWith: { $1 }) {
            guard name.hasPrefix(Self.propertyPrefix), name != Self.propertyPrefix else { continue }
            let property = name.dropFirst(Self.propertyPrefix.count).lowercased()
            properties[String(property.map { $0 == "_" ? "." : $0 })] = value
        }
        return properties
    }

    /// The environment's name for a name in the file. The file has the same name, or that name in lower case with dots.
    private static func settingName(_ name: String) -> String? {
        let isLowerCase = name.utf8.allSatisfy { $0 != UInt8(ascii: "_") } && name == name.lowercased()
        let name = isLowerCase ? String(name.uppercased().map { $0 == "." ? "_" : $0 }) : name
        if name.hasPrefix(propertyPrefix), name != propertyPrefix { return name }
        return Setting.all.contains { $0.name == name || $0.aliases.contains(name) } ? name : nil
    }
}
