import ArgumentParser
import ClockworkClient
import ClockworkService
import Scheduling
import Testing

@testable import clockwork

@Suite struct ScheduleOptionsTests {
    private static let least = ["--topic", "t", "--client", "c", "--key", "k", "--in", "90s"]
    private static let now = EpochMilliseconds(rawValue: 1_700_000_000_000)

    private func headers(_ request: OutgoingRequest) -> [String] {
        var result: [String] = []
        request.headers.forEach { name, value in
            result.append(
                String(decoding: name, as: UTF8.self) + "=" + (value.map { String(decoding: $0, as: UTF8.self) } ?? "")
            )
        }
        return result
    }

    @Test func `the least a request needs, and null as its payload`() throws {
        let request = try #require(try ScheduleOptions.parse(Self.least).request(now: Self.now))
        #expect(request.key == Array("k".utf8))
        #expect(request.value == nil)
        #expect(
            headers(request) == [
                "clockwork-schedule-time=1700000090000", "clockwork-client-id=c", "clockwork-schedule-key=k",
                "clockwork-delivery-topic=t",
            ]
        )
    }

    @Test func `an instant, an ordering key, a payload and headers`() throws {
        let options = try ScheduleOptions.parse([
            "--topic", "t", "--client", "c", "--key", "k", "--ordering-key", "o", "--at", "2026-12-24T18:00:00+01:00",
            "--data", "hello", "--header", "trace=1=2", "--header", "trace=",
        ])
        let request = try #require(try options.request(now: Self.now))
        #expect(request.key == Array("o".utf8))
        #expect(request.value == Array("hello".utf8))
        #expect(headers(request).first == "clockwork-schedule-time=1798131600000")
        #expect(headers(request).suffix(2) == ["trace=1=2", "trace="])
    }

    @Test func `a payload file that cannot be read is an error`() throws {
        let options = try ScheduleOptions.parse(Self.least + ["--data-file", "/nowhere/data"])
        #expect(throws: LocalFileError.self) { try options.request(now: Self.now) }
    }

    @Test func `a file stands alone`() throws {
        let options = try ScheduleOptions.parse(["--file", "-"])
        #expect(options.file == "-")
        #expect(try options.request(now: Self.now) == nil)
        #expect(throws: (any Error).self) { try ScheduleOptions.parse(["--file", "-"] + Self.least) }
    }

    @Test(arguments: [
        [], ["--topic", "t", "--client", "c", "--key", "k"],
        least + ["--at", "2026-12-24T18:00:00Z"], least + ["--data", "a", "--data-file", "b"],
        least + ["--header", "novalue"], least + ["--header", "=v"], least + ["--header", "clockwork-id=1"],
        ["--topic", "a b", "--client", "c", "--key", "k", "--in", "1s"],
        ["--topic", "t", "--client", "", "--key", "k", "--in", "1s"],
        ["--topic", "t", "--client", "c", "--key", String(repeating: "k", count: 513), "--in", "1s"],
        ["--topic", "t", "--client", "c", "--key", "k", "--in", "soon"],
        ["--topic", "t", "--client", "c", "--key", "k", "--at", "1969-12-31T23:59:59Z"],
        ["--topic", "t", "--client", "c", "--key", "k", "--at", "253402300800000"],
        ["--topic", "t", "--client", "c", "--key", "k", "--at", "99999999999999999999"],
        ["--topic", "t", "--client", "c", "--key", "k", "--at", "1798131600"],
    ])
    func `what makes no request is a usage error`(arguments: [String]) {
        let error = #expect(throws: (any Error).self) { try ScheduleOptions.parse(arguments) }
        #expect(error.map { ScheduleOptions.exitCode(for: $0) } == .validationFailure)
        #expect(ExitCode.validationFailure.rawValue == 64)
    }

    /// Each is right by itself, as the arguments are read.
    @Test(arguments: [
        (["--in", "70000000h"], "clockwork-schedule-time"),
        (["--in", "1s", "--header", "Clockwork-Id=1"], "Clockwork-Id"),
        (["--in", "1s", "--header", "a=\(String(repeating: "x", count: 358_400))"], "value has 358409 bytes"),
    ])
    func `what no service accepts is a usage error before it is sent`(arguments: [String], named: String) throws {
        let options = try ScheduleOptions.parse(["--topic", "t", "--client", "c", "--key", "k"] + arguments)
        let error = #expect(throws: ValidationError.self) { try options.request(now: Self.now) }
        #expect(error?.message.contains(named) == true, "\(error?.message ?? "")")
    }

    @Test func `a URL in place of a topic takes the binary form while that can say all`() throws {
        let least = ["--url", "https://a.test/x", "--client", "c", "--key", "k", "--in", "90s"]
        let plain = try #require(try ScheduleOptions.parse(least).request(now: Self.now))
        #expect(plain.value == nil)
        #expect(headers(plain).last == "clockwork-delivery-url=https://a.test/x")
        let more = ["--data", "d", "--method", "PUT", "--header", "X-A=1", "--timeout", "2s", "--max-attempts", "3"]
        let full = try #require(try ScheduleOptions.parse(least + more + ["--ordered"]).request(now: Self.now))
        #expect(full.key == Array("k".utf8))
        #expect(
            full.value.map { String(decoding: $0, as: UTF8.self) }
                == #"{"clientId":"c","scheduleKey":"k","scheduleTime":1700000090000,"taskData":"d","delivery":"#
                + #"{"url":"https://a.test/x","method":"PUT","headers":{"X-A":"1"},"timeoutMs":2000,"#
                + #""retry":{"maxAttempts":3},"ordered":true}}"#
        )
        for wrong in [["--topic", "t"], ["--in", "1s", "--max-attempts", "0", "--data", "d"]] {
            #expect(throws: (any Error).self) {
                _ = try ScheduleOptions.parse(least.dropLast(2) + ["--in", "1s"] + wrong).request(now: Self.now)
            }
        }
        let bad = ["--url", "ftp://a", "--client", "c", "--key", "k", "--in", "1s"]
        #expect(throws: (any Error).self) { try ScheduleOptions.parse(bad) }
        #expect(throws: (any Error).self) { try ScheduleOptions.parse(Self.least + ["--ordered"]) }
    }

    @Test(arguments: [("0", 0), ("1798131600000", 1_798_131_600_000), ("2026-12-24T18:00:00+01:00", 1_798_131_600_000)])
    func `an instant may be written in epoch milliseconds`(text: String, milliseconds: Int64) throws {
        let options = try ScheduleOptions.parse(["--topic", "t", "--client", "c", "--key", "k", "--at", text])
        #expect(options.at == EpochMilliseconds(rawValue: milliseconds))
    }

    @Test func `the structured request says the same as the binary one`() throws {
        let options = try ScheduleOptions.parse(Self.least + ["--data", "hello ü", "--ordering-key", "o"])
        let request = try options.structuredRequest(now: Self.now)
        #expect(request.clientID == "c")
        #expect(request.scheduleKey == "k")
        #expect(request.orderingKey == "o")
        #expect(request.scheduleTimeMilliseconds == 1_700_000_090_000)
        #expect(request.taskData == "hello ü")
        #expect(request.delivery == .topic("t"))
    }

    @Test(arguments: [
        least, least + ["--data", "d", "--header", "trace=1"], least + ["--data-file", "/bin/sh"],
    ])
    func `what the structured form cannot say is a usage error`(arguments: [String]) throws {
        let options = try ScheduleOptions.parse(arguments)
        #expect(throws: ValidationError.self) { try options.structuredRequest(now: Self.now) }
    }

    @Test func `brokers of the command line win over the environment's`() throws {
        let environment = ["KAFKA_BROKERS": "a:1"]
        let none = try ClientOptions.parse([]).kafka(environment: environment, readFile: { _ in nil })
        #expect(none.brokers == "a:1")
        let given = try ClientOptions.parse(["--brokers", "b:2"]).kafka(
            environment: environment,
            readFile: { _ in nil }
        )
        #expect(given.brokers == "b:2")
        #expect(throws: ConfigurationError.self) {
            try ClientOptions.parse([]).kafka(environment: [:], readFile: { _ in nil })
        }
    }
}
