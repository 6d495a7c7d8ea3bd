import ArgumentParser
import Bytes
import ClockworkClient
import ClockworkService
import Scheduling

/// The arguments of `clockwork schedule`: one request, or a file of them.
struct ScheduleOptions: ParsableArguments {
    @Option(help: "Topic that the payload is delivered to.")
    var topic: String?

    @Option(help: "URL that the payload is sent to, in place of --topic.")
    var url: String?

    @Option(help: "Method of the request to --url: GET, POST, PUT, PATCH or DELETE. (default: POST)")
    var method: String?

    @Option(
        help: ArgumentHelp("How long one attempt to call --url may take. (default: 10s)", valueName: "duration"),
        transform: Self.delay
    )
    var timeout: Duration?

    @Option(help: "Attempts to call --url in all. (default: 8)")
    var maxAttempts: Int64?

    @Flag(help: "Hold the next call of the ordering key until this call of --url has succeeded or is given up.")
    var ordered = false

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
        help: ArgumentHelp(
            "When, as RFC 3339 writes it: 2026-12-24T18:00:00+01:00, or in epoch milliseconds.",
            valueName: "time"
        ),
        transform: Self.instant
    )
    var at: EpochMilliseconds?

    @Option(help: "The payload as text; without a payload null is delivered, which --http cannot ask for.")
    var data: String?

    @Option(help: "A file with the payload, any bytes, with --http text; - is standard input.")
    var dataFile: String?

    @Option(
        name: .customLong("header"),
        help: ArgumentHelp(
            "A header to carry to the delivered record, not with --http; or to send to --url. May be repeated.",
            valueName: "name=value"
        ),
        transform: Self.header
    )
    var headers: [Header] = []

    @Option(
        help: ArgumentHelp(
            "Sends each line of a file of structured requests instead; - is standard input.",
            discussion: #"A scheduleTime such as "+90s" counts from the time of sending."#
        )
    )
    var file: String?

    struct Header: Equatable {
        let name: String
        let value: String
    }

    func validate() throws {
        if file != nil {
            guard topic == nil, url == nil, client == nil, key == nil, orderingKey == nil, delay == nil, at == nil,
                data == nil, dataFile == nil, headers.isEmpty, !hasCallbackOptions
            else { throw ValidationError("--file takes no other option of a request: its lines say everything.") }
            return
        }
        guard topic != nil || url != nil, let client, let key else {
            throw ValidationError("Give --topic or --url, --client and --key, or --file.")
        }
        guard topic == nil || url == nil else { throw ValidationError("Give one of --topic and --url.") }
        if let topic, !TopicName.isLegal(topic) { throw ValidationError("--topic is not a legal topic name.") }
        if topic != nil, hasCallbackOptions {
            throw ValidationError("--method, --timeout, --max-attempts and --ordered belong to --url.")
        }
        if let url, CallbackURL(url) == nil {
            throw ValidationError("--url takes https://host[:port][/path][?query], without user and fragment.")
        }
        try Self.checkLength(of: client, "--client", most: 128)
        try Self.checkLength(of: key, "--key", most: 512)
        if let orderingKey { try Self.checkLength(of: orderingKey, "--ordering-key", most: 1024) }
        guard (delay == nil) != (at == nil) else { throw ValidationError("Give one of --in and --at.") }
        guard data == nil || dataFile == nil else { throw ValidationError("Give one of --data and --data-file.") }
    }

    private var hasCallbackOptions: Bool { method != nil || timeout != nil || maxAttempts != nil || ordered }

    /// The request that the arguments other than `--file` describe, in binary form, so that the payload may be any
    /// bytes; `nil` with `--file`. What that form cannot say of a callback takes the structured form.
    ///
    /// - Throws: When `--data-file` cannot be read, or has more bytes than a request may have; or a usage error for what
    ///   no service accepts, as `structuredRequest` does.
    func request(now: EpochMilliseconds) throws -> OutgoingRequest? {
        guard let client, let key else { return nil }
        if url != nil, hasCallbackOptions || !headers.isEmpty {
            let request = try structuredRequest(now: now)
            return OutgoingRequest(key: request.recordKey, value: request.json)
        }
        var request = OutgoingRequest(key: Array((orderingKey ?? key).utf8), value: try payload())
        request.headers.append(name: "clockwork-schedule-time", value: String(time(now: now).rawValue))
        request.headers.append(name: "clockwork-client-id", value: client)
        request.headers.append(name: "clockwork-schedule-key", value: key)
        if let topic { request.headers.append(name: "clockwork-delivery-topic", value: topic) }
        if let url { request.headers.append(name: "clockwork-delivery-url", value: url) }
        for header in headers {
            request.headers.append(name: header.name, value: header.value)
        }
        if let rejection = RequestCheck.refusal(of: request) { throw ValidationError("\(rejection.detail).") }
        return request
    }

    /// The request that the arguments other than `--file` describe, in structured form, the one that the HTTP API takes.
    ///
    /// - Throws: A usage error for what this form cannot say: headers, a payload that is null or no text.
    func structuredRequest(now: EpochMilliseconds) throws -> ScheduleRequest {
        guard let client, let key else { throw ValidationError("Give --client and --key.") }
        guard headers.isEmpty || url != nil else {
            throw ValidationError("--header needs Kafka: a request over HTTP has no headers.")
        }
        guard let bytes = try payload() else {
            throw ValidationError("Give --data or --data-file: such a request always has a payload.")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ValidationError("--data-file is not UTF-8 text, which a request over HTTP requires.")
        }
        let request = ScheduleRequest(
            clientID: client,
            scheduleKey: key,
            orderingKey: orderingKey,
            scheduleTimeMilliseconds: time(now: now).rawValue,
            taskData: text,
            delivery: try delivery()
        )
        do {
            try request.validate()
        } catch {
            throw ValidationError("\(error).")
        }
        return request
    }

    private func delivery() throws -> ClockworkClient.Delivery {
        if let topic { return .topic(topic) }
        guard let url else { throw ValidationError("Give --topic or --url.") }
        var options = CallbackOptions()
        options.method = method
        for header in headers {
            guard options.headers.updateValue(header.value, forKey: header.name) == nil else {
                throw ValidationError("--header takes each name once.")
            }
        }
        options.timeoutMilliseconds = timeout?.wholeMilliseconds
        options.maxAttempts = maxAttempts
        options.isOrdered = ordered ? true : nil
        return .url(url, options: options)
    }

    private func payload() throws(LocalFileError) -> [UInt8]? {
        if let dataFile { return try LocalFile.contents(ofFile: dataFile, limit: RequestRules.payloadLimit) }
        return data.map { Array($0.utf8) }
    }

    private func time(now: EpochMilliseconds) -> EpochMilliseconds {
        if let at { return at }
        let (sum, overflows) = now.rawValue.addingReportingOverflow(delay?.wholeMilliseconds ?? 0)
        return EpochMilliseconds(rawValue: overflows ? .max : sum)
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
        guard let instant = milliseconds(text) ?? EpochMilliseconds(rfc3339: text),
            (.zero ... .maximum).contains(instant)
        else {
            throw ValidationError(
                "A time is written as 2026-12-24T18:00:00+01:00 or in epoch milliseconds, from 1970 to 9999."
            )
        }
        guard instant == .zero || instant >= .earliestRequested else {
            throw ValidationError(
                "--at takes milliseconds, and \(text) lies before 2001-09-09: are these seconds? 0 means at once."
            )
        }
        return instant
    }

    private static func milliseconds(_ text: String) -> EpochMilliseconds? {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return Int64(text).map(EpochMilliseconds.init(rawValue:))
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
