import ArgumentParser
import ClockworkClient
import ClockworkService
import Testing

@testable import clockwork

@Suite struct RouteTests {
    /// `kafka BROKERS`, `http URL`, or the error.
    private func route(_ arguments: [String], _ environment: [String: String]) throws -> String {
        switch try RouteOptions.parse(arguments).route(environment: environment, readFile: { _ in nil }) {
        case .kafka(let kafka): "kafka \(kafka.brokers)"
        case .http(let address): "http \(address.baseURL)"
        }
    }

    @Test(arguments: [
        (["--brokers", "b:1"], ["CLOCKWORK_URL": "http://u"], "kafka b:1"),
        (["--http", "http://a:5000/"], ["KAFKA_BROKERS": "e:1"], "http http://a:5000"),
        ([], ["KAFKA_BROKERS": "e:1"], "kafka e:1"),
        ([], ["KAFKA_BROKERS": "e:1", "CLOCKWORK_URL": "http://u"], "kafka e:1"),
        ([], ["CLOCKWORK_URL": "http://u"], "http http://u"),
        ([], ["CLOCKWORK_URL": "http://u", "KAFKA_BROKERS": ""], "http http://u"),
    ])
    func `the command line chooses, then brokers, then the URL`(
        arguments: [String],
        environment: [String: String],
        expected: String
    ) throws {
        #expect(try route(arguments, environment) == expected)
    }

    @Test(arguments: [["--http", "ftp://a"], ["--http", ""], ["--http", "http://a", "--brokers", "b:1"]])
    func `what cannot be is a usage error`(arguments: [String]) {
        let error = #expect(throws: (any Error).self) { try RouteOptions.parse(arguments) }
        #expect(error.map { RouteOptions.exitCode(for: $0) } == .validationFailure)
    }

    @Test func `an environment that says nothing is a configuration error`() {
        let nothing = #expect(throws: ClientConfigurationError.self) { try route([], [:]) }
        #expect(nothing?.description.hasPrefix("KAFKA_BROKERS and CLOCKWORK_URL are not set") == true)
        let error = #expect(throws: ClientConfigurationError.self) {
            try HTTPOptions.parse([]).requiredAddress(environment: ["CLOCKWORK_URL": ""])
        }
        #expect(error?.description.hasPrefix("CLOCKWORK_URL is not set") == true)
    }

    @Test func `a configuration error names the variable and shows no secret`() throws {
        let options = try HTTPOptions.parse([])
        let wrong = #expect(throws: ClientConfigurationError.self) {
            try options.address(environment: ["CLOCKWORK_URL": "host:5000"])
        }
        #expect(
            wrong?.description
                == #"CLOCKWORK_URL: "host:5000" is not accepted, only http://host:port or https://host:port/path"#
        )
        for environment in [
            ["CLOCKWORK_URL": "http://me:hush@host"], ["CLOCKWORK_URL": "http://host", "CLOCKWORK_TOKEN": "hush\n"],
        ] {
            let error = #expect(throws: ClientConfigurationError.self) { try options.address(environment: environment) }
            #expect(error?.description.hasPrefix("CLOCKWORK_") == true)
            #expect(error?.description.contains("hush") == false)
        }
    }
}
