import ArgumentParser
import ClockworkService
import Scheduling

/// The arguments of `clockwork schedule`: one request, or a file of them.
struct ScheduleOptions: ParsableArguments {
    @Option(help: "Topic that the payload is delivered to.")
    var topic: String?

    @Option(help: "Client that the key belongs to.")
    var client: String?

    @Option(help: "The client's key for this schedule; sending it again before it is due replaces the schedule.")
    var key: String?

    @Option(
        help: "Schedules with the same ordering key are delivered in order; the key of both records. (default: --key)"
    )
    var orderingKey: String?

    @Option(
        name: .customLong("in"),
        help: ArgumentHelp("How long from now: 250ms, 10s, 5m, 12h or 7d.", valueName: "duration"),
        transform: Self.delay
    )
    var delay: Duration?

    @Option(
        help: ArgumentHelp("When, as RFC 3339 writes it: 2026-12-24T18:00:00+01:00.", valueName: "time"),
        transform: Self.instant
    )
    var at: EpochMilliseconds?

    @Option(help: "The payload as text; without a payload null is delivered.")
    var data: String?

    @Option(help: "A file with the payload, any bytes; - is standard input.")
    var dataFile: String?

    @Option(
        name: .customLong("header"),
        help: ArgumentHelp("A header to carry to the delivered record. May be repeated.", valueName: "name=value"),
        transform: Self.header
    )
    var headers: [Header] = []

    @Option(
        help: ArgumentHelp(
            "Sends each line of a file of structured requests instead; - is standard input.",
            discussion: #"A scheduleTime such as "+90s" becomes the time of sending plus that."#
        )
    )
    var file: String?

    struct Header: Equatable {
        let name: String
        let value: String
    }

    func validate() throws {
        if file != nil {
            guard topic == nil, client == nil, key == nil, orderingKey == nil, delay == nil, at == nil, data == nil,
                dataFile == nil, headers.isEmpty
            else { throw ValidationError("--file stands alone: its lines say all that the other options would.") }
            return
        }
        guard let topic, let client, let key else {
            throw ValidationError("Give --topic, --client and --key, or --file.")
        }
        guard TopicName.isLegal(topic) else { throw ValidationError("--topic is no legal topic name.") }
        try Self.checkLength(of: client, "--client", most: 128)
        try Self.checkLength(of: key, "--key", most: 512)
        if let orderingKey { try Self.checkLength(of: orderingKey, "--ordering-key", most: 1024) }
        guard (delay == nil) != (at == nil) else { throw ValidationError("Give one of --in and --at.") }
        guard data == nil || dataFile == nil else { throw ValidationError("Give one of --data and --data-file.") }
    }

    /// The request that the arguments other than `--file` describe, in binary form, so that the payload may be any
    /// bytes; `nil` with `--file`.
    ///
    /// - Throws: When `--data-file` cannot be read, or has more bytes than a request may have.
    func request(now: EpochMilliseconds) throws(LocalFileError) -> OutgoingRequest? {
        guard let topic, let client, let key else { return nil }
        let time: EpochMilliseconds
        if let at {
            time = at
        } else {
            let (sum, overflows) = now.rawValue.addingReportingOverflow(delay?.wholeMilliseconds ?? 0)
            time = EpochMilliseconds(rawValue: overflows ? .max : sum)
        }
        var request = OutgoingRequest(key: Array((orderingKey ?? key).utf8), value: data.map { Array($0.utf8) })
        if let dataFile { request.value = try LocalFile.contents(ofFile: dataFile, limit: 358_400) }
        request.headers.append(name: "clockwork-schedule-time", value: String(time.rawValue))
        request.headers.append(name: "clockwork-client-id", value: client)
        request.headers.append(name: "clockwork-schedule-key", value: key)
        request.headers.append(name: "clockwork-delivery-topic", value: topic)
        for header in headers {
            request.headers.append(name: header.name, value: header.value)
        }
        return request
    }

    private static func checkLength(of text: String, _ option: String, most: Int) throws {
        guard (1...most).contains(text.utf8.count) else { throw ValidationError("\(option) takes 1 to \(most) bytes.") }
    }

    private static func delay(_ text: String) throws -> Duration {
        // The service refuses what lies beyond the year 9999, so nobody needs a longer delay than that.
        guard let delay = DurationText.parse(text), delay <= .milliseconds(EpochMilliseconds.maximum.rawValue) else {
            throw ValidationError("A duration is a number and a unit, such as 90s: ms, s, m, h or d.")
        }
        return delay
    }

    private static func instant(_ text: String) throws -> EpochMilliseconds {
        guard let instant = RFC3339.parse(text), (.zero ... .maximum).contains(instant) else {
            throw ValidationError("A time is written like 2026-12-24T18:00:00+01:00, from 1970 to 9999.")
        }
        return instant
    }

    private static func header(_ text: String) throws -> Header {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
            throw ValidationError("A header is written name=value.")
        }
        let name = String(text[..<equals])
        guard !name.hasPrefix("clockwork-") else {
            throw ValidationError("Header names that start with clockwork- are the service's own.")
        }
        return Header(name: name, value: String(text[text.index(after: equals)...]))
    }
}
