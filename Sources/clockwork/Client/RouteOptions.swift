import ArgumentParser
import ClockworkClient
import ClockworkService

/// How a request gets to the intake topic: as a record of our own, or by the HTTP API.
enum Route {
    case kafka(KafkaConfiguration)
    case http(ServiceAddress)
}

/// What every client command takes that sends requests.
struct RouteOptions: ParsableArguments {
    @OptionGroup var client: ClientOptions
    @OptionGroup var http: HTTPOptions

    func validate() throws {
        guard client.brokers == nil || http.http == nil else {
            throw ValidationError("Give one of --brokers and --http.")
        }
    }

    /// The route in the environment of this process; a setting that is not accepted ends it with exit code 78.
    func chosen() throws -> Route {
        try ProcessEnvironment.configured {
            try route(environment: ProcessEnvironment.variables, readFile: ProcessEnvironment.text(ofFile:))
        }
    }

    /// The route: what the command line says, else Kafka where the environment has brokers, else HTTP where it has
    /// `CLOCKWORK_URL`.
    func route(environment: [String: String], readFile: (_ path: String) -> String?) throws -> Route {
        let hasBrokers = client.brokers != nil || environment["KAFKA_BROKERS"]?.isEmpty == false
        if http.http != nil || !hasBrokers, let address = try http.address(environment: environment) {
            return .http(address)
        }
        guard hasBrokers else {
            throw ClientConfigurationError("KAFKA_BROKERS and CLOCKWORK_URL are not set; give --brokers or --http")
        }
        return .kafka(try client.kafka(environment: environment, readFile: readFile))
    }
}
