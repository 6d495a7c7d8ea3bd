import ArgumentParser
import ClockworkService
import Glibc
import Kafka
import Logging

/// What the process is given by its surroundings, and how it tells them that something is wrong.
enum ProcessEnvironment {
    /// The environment variables.
    static var variables: [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let line = String(cString: text)
            if let equals = line.firstIndex(of: "=") {
                variables[String(line[..<equals])] = String(line[line.index(after: equals)...])
            }
            entry += 1
        }
        return variables
    }

    /// The host's name; empty where it has none.
    static var hostName: String {
        var bytes = [CChar](repeating: 0, count: 256)
        guard gethostname(&bytes, bytes.count - 1) == 0 else { return "" }
        return String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The text of a file of settings; `nil` where it cannot be read or is larger than 1 MiB.
    static func text(ofFile path: String) -> String? {
        guard let bytes = try? LocalFile.contents(ofFile: path, limit: 1 << 20) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Writes a line that says what is wrong to standard error.
    static func complain(_ text: String) {
        Console.writeError("clockwork: \(text)\n")
    }

    /// Runs `body`; a configuration that is not accepted ends the process with one line and exit code 78.
    static func configured<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as ConfigurationError {
            complain(error.description)
            throw ExitCode(78)
        } catch let error as ClientConfigurationError {
            complain(error.description)
            throw ExitCode(78)
        }
    }

    /// Makes a Kafka client; properties that Kafka does not accept end the process with one line and exit code 78.
    static func kafkaClient<Client>(_ make: () throws(KafkaError) -> Client) throws -> Client {
        do throws(KafkaError) {
            return try make()
        } catch {
            guard error.isConfigurationRefused else { throw error }
            if let property = error.refusedProperty {
                let name = String(property.uppercased().map { $0 == "." ? "_" : $0 })
                complain("KAFKA_PROPERTY_\(name): \(error.message)")
            } else {
                complain("the Kafka properties are not accepted: \(error.message)")
            }
            throw ExitCode(78)
        }
    }

    /// Lets libraries log as the environment says.
    static func bootstrapLogging() throws {
        try configured { LoggingSystem.bootstrapClockwork(try LoggingConfiguration(environment: variables)) }
    }

    /// The configuration of a pod; one that is not accepted ends the process with one line and exit code 78.
    ///
    /// - Parameter overrides: stand above the environment.
    static func configuration(file path: String?, overrides: [String: String] = [:]) throws -> Configuration {
        try configured { try checkedConfiguration(file: path, overrides: overrides) }
    }

    /// The configuration of a pod.
    ///
    /// - Throws: the first setting that is not accepted.
    static func checkedConfiguration(
        file path: String?,
        overrides: [String: String] = [:]
    ) throws(ConfigurationError) -> Configuration {
        var file: Configuration.File?
        if let path {
            guard let text = text(ofFile: path) else {
                throw ConfigurationError("--config \(path): no text file that can be read")
            }
            file = Configuration.File(path: path, text: text)
        }
        return try Configuration(
            environment: variables.merging(overrides) { $1 },
            file: file,
            hostName: hostName,
            readFile: text(ofFile:)
        )
    }
}

extension KafkaError {
    /// Whether a client could not be made because of its properties, one of them or several together.
    fileprivate var isConfigurationRefused: Bool { refusedProperty != nil || name == "_INVALID_ARG" }
}
