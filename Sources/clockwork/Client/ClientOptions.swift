import ArgumentParser
import Bytes
import ClockworkClient
import ClockworkService

/// What every client command takes that reads from or writes to Kafka.
struct ClientOptions: ParsableArguments {
    @Option(help: "Brokers to start from: host:port, several separated by commas. (default: $KAFKA_BROKERS)")
    var brokers: String?

    /// The Kafka settings of the environment, with the brokers of the command line where they are given.
    func kafka(
        environment: [String: String],
        readFile: (_ path: String) -> String?
    ) throws(ConfigurationError) -> KafkaConfiguration {
        var environment = environment
        if let brokers { environment["KAFKA_BROKERS"] = brokers }
        return try KafkaConfiguration(environment: environment, readFile: readFile)
    }
}

/// What every client command takes that asks the HTTP API. The token is no argument: those can be seen by every user
/// of the host.
struct HTTPOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The HTTP API: http://host:port. A token comes from $CLOCKWORK_TOKEN. (default: $CLOCKWORK_URL)",
            valueName: "url"
        )
    )
    var http: String?

    func validate() throws {
        guard let http else { return }
        do {
            _ = try ServiceAddress(baseURL: http)
        } catch {
            throw ValidationError("--http: \(error.message).")
        }
    }

    /// Where the API is, with the token of the environment; `nil` where neither the command line nor the environment
    /// says so.
    func address(environment: [String: String]) throws(ClientConfigurationError) -> ServiceAddress? {
        let variable = environment["CLOCKWORK_URL"].flatMap { $0.isEmpty ? nil : $0 }
        guard let url = http ?? variable else { return nil }
        let checked: ServiceAddress
        do {
            checked = try ServiceAddress(baseURL: url)
        } catch {
            // What may hold a password is not shown.
            let shown = url.contains("@") ? "its value (not shown)" : JSONWriter.quoted(String(url.prefix(200)))
            throw ClientConfigurationError(
                "CLOCKWORK_URL: \(shown) is not accepted, only http://host:port or https://host:port/path"
            )
        }
        guard let token = environment["CLOCKWORK_TOKEN"], !token.isEmpty else { return checked }
        do {
            return try ServiceAddress(baseURL: checked.baseURL, token: token)
        } catch {
            throw ClientConfigurationError("CLOCKWORK_TOKEN: \(error.message)")
        }
    }

    /// Where the API is, for a command that cannot do without.
    func requiredAddress(environment: [String: String]) throws(ClientConfigurationError) -> ServiceAddress {
        guard let address = try address(environment: environment) else {
            throw ClientConfigurationError("CLOCKWORK_URL is not set, and --http not given; accepted: http://host:port")
        }
        return address
    }
}

/// A setting of the client commands that is missing or not accepted: exit code 78.
struct ClientConfigurationError: Error, CustomStringConvertible {
    /// One line that names the variable; no secret in it.
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
