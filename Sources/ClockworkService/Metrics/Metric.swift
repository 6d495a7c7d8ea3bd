public import PrometheusMetrics

/// Every metric of Clockwork: the one list from which handles are made, help is shown and `docs/metrics.md` is written.
public enum Metric {
    private typealias Label = MetricDescription.Label

    private static let latenessBuckets = [
        0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 600, 1_800, 3_600,
    ]

    // MARK: Requests

    static let requests = MetricDescription(
        "clockwork_requests_total",
        .counter,
        unit: "requests",
        labels: [
            Label("kind", "create, replace, duplicate, cancel, invalid"),
            Label("result", "accepted, applied, dropped, nothing_pending, rejected"),
        ],
        help: "Requests read from the intake; a create that replaces or repeats another counts under both kinds."
    )
    static let deadLetters = MetricDescription(
        "clockwork_dead_letters_total",
        .counter,
        unit: "records",
        labels: [Label("code", "the codes of dead letters")],
        help: "Records handed to the dead-letter topic."
    )
    static let intakeLag = MetricDescription(
        "clockwork_intake_lag_records",
        .gauge,
        unit: "records",
        labels: [Label("partition", "the partitions this pod owns")],
        help:
            "Records of an owned intake partition that can be read and have not been, as of the latest fetch; markers "
            + "of transactions behind the last one do not count."
    )
    static let heldBack = MetricDescription(
        "clockwork_intake_held_back_records",
        .gauge,
        unit: "records",
        labels: [Label("partition", "the partitions this pod owns")],
        help: "Records of an owned intake partition behind a transaction that a producer has begun and not ended."
    )
    static let unsettledOffsets = MetricDescription(
        "clockwork_unsettled_offsets",
        .gauge,
        unit: "offsets",
        help: "Requests that have been read and are neither stored nor delivered nor dead-lettered yet."
    )

    // MARK: Schedules and deliveries

    static let residentSchedules = MetricDescription(
        "clockwork_resident_schedules",
        .gauge,
        unit: "schedules",
        help: "Pending schedules in memory; those beyond the horizon are in the store alone."
    )
    static let scheduleBytes = MetricDescription(
        "clockwork_schedule_bytes",
        .gauge,
        unit: "bytes",
        help: "Payloads and headers in memory, of pending schedules and of deliveries in flight."
    )
    static let deliveries = MetricDescription(
        "clockwork_deliveries_total",
        .counter,
        unit: "deliveries",
        labels: [
            Label("target", "topic, url"),
            Label(
                "topic",
                "the first \(DeliveryMetrics.maxTopics) topics delivered to; (other) for all else; empty for a url"
            ),
            Label("result", "delivered, failed"),
        ],
        help: "Deliveries that their target has acknowledged, and such as can never succeed."
    )
    static let deliveriesInFlight = MetricDescription(
        "clockwork_deliveries_in_flight",
        .gauge,
        unit: "deliveries",
        help: "Deliveries handed out and not acknowledged yet."
    )
    static let deliveryLateness = MetricDescription(
        "clockwork_delivery_lateness_seconds",
        .histogram(buckets: latenessBuckets),
        unit: "seconds",
        help:
            "From the time that it was to be delivered at, put off or not, to a topic's acknowledgement; schedules that were "
            + "due when they were read are left out."
    )
    static let deliveryRetries = MetricDescription(
        "clockwork_delivery_retries_total",
        .counter,
        unit: "records",
        help: "Records of any kind that are produced again because nothing was wrong with them."
    )

    // MARK: Callbacks

    private static let host = Label(
        "host",
        "scheme, name and port of the first \(CallbackMetrics.maxHosts) hosts called; (other) for all else"
    )

    static let callbacks = MetricDescription(
        "clockwork_callbacks_total",
        .counter,
        unit: "callbacks",
        labels: [host, Label("result", "delivered, retried, failed, put_off")],
        help: "What became of callbacks that were due: answered 2xx; failed and to be tried again; failed for good; "
            + "not attempted for now."
    )
    static let callbackDuration = MetricDescription(
        "clockwork_callback_duration_seconds",
        .histogram(buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]),
        unit: "seconds",
        labels: [host],
        help: "Attempts, until the answer or until they were given up."
    )
    static let callbackLateness = MetricDescription(
        "clockwork_callback_lateness_seconds",
        .histogram(buckets: latenessBuckets),
        unit: "seconds",
        help: "From schedule time to the answer that accepted it at the first attempt; schedules that were due when "
            + "they were read, and those that were put off or retried, are left out."
    )
    static let callbacksInFlight = MetricDescription(
        "clockwork_callbacks_in_flight",
        .gauge,
        unit: "callbacks",
        help: "Callbacks that wait for an answer."
    )
    static let pausedCallbackHosts = MetricDescription(
        "clockwork_paused_callback_hosts",
        .gauge,
        unit: "hosts",
        help: "Hosts of which something is left alone because it keeps failing, or is being tried again."
    )

    // MARK: The group

    static let ownedPartitions = MetricDescription(
        "clockwork_owned_partitions",
        .gauge,
        unit: "partitions",
        help: "Intake partitions this pod owns."
    )
    static let pausedPartitions = MetricDescription(
        "clockwork_paused_partitions",
        .gauge,
        unit: "partitions",
        help: "Owned intake partitions that are not read because a bound is reached."
    )
    static let rebalances = MetricDescription(
        "clockwork_rebalances_total",
        .counter,
        unit: "rebalances",
        labels: [Label("kind", "assigned, revoked, lost")],
        help: "Changes of the partitions of this pod; an assignment of none counts as well."
    )

    /// What keeps the process from a part of its work.
    public static let obstacles = MetricDescription(
        "clockwork_obstacles",
        .gauge,
        unit: "obstacles",
        labels: [Label("kind", "\(Obstacle.Kind.allCases.map(\.rawValue).joined(separator: ", "))")],
        help: "1 while something keeps the process from a part of its work, as `/health/ready` says, else 0."
    )

    // MARK: The store

    static let storeCalls = MetricDescription(
        "clockwork_store_call_duration_seconds",
        .histogram(buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]),
        unit: "seconds",
        labels: [
            Label("operation", "apply, look_up, page, save, progress"),
            Label("result", "ok, unavailable, refused"),
        ],
        help: "Calls to the store, the store's own retries included."
    )
    /// Requests to DynamoDB.
    public static let dynamoDBRequests = MetricDescription(
        "clockwork_dynamodb_requests_total",
        .counter,
        unit: "requests",
        labels: [
            Label("operation", "DynamoDB's operations"),
            Label("result", "ok, throttled, unavailable and further kinds of failure"),
        ],
        help: "Requests sent to DynamoDB, each attempt for itself."
    )
    /// Requests to DynamoDB that are sent again.
    public static let dynamoDBRetries = MetricDescription(
        "clockwork_dynamodb_retries_total",
        .counter,
        unit: "requests",
        labels: [Label("operation", "DynamoDB's operations")],
        help: "Requests to DynamoDB that are sent again, after a failure or for what was left unprocessed."
    )
    /// Capacity that DynamoDB charges.
    public static let dynamoDBCapacity = MetricDescription(
        "clockwork_dynamodb_consumed_capacity_units_total",
        .counter,
        unit: "capacity units",
        labels: [Label("operation", "DynamoDB's operations")],
        help: "Capacity that DynamoDB says it has charged: write units for writes, read units for reads."
    )

    // MARK: The HTTP API

    /// Answers of the HTTP API.
    public static let httpRequests = MetricDescription(
        "clockwork_http_request_duration_seconds",
        .histogram(buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]),
        unit: "seconds",
        labels: [
            Label("route", "the paths of the API as templates; (none) for any other"),
            Label("method", "GET, POST, DELETE; (other) for any other"),
            Label("status", "the status of the answer"),
        ],
        help: "Requests to the HTTP API until the answer begins."
    )

    // MARK: The process

    static let lostLogLines = MetricDescription(
        "clockwork_log_lines_lost_total",
        .counter,
        unit: "lines",
        labels: [Label("reason", "dropped, repeated")],
        help: "Log lines that standard error did not take in time, and such as were left out because too many of their "
            + "kind came."
    )

    static let cpu = MetricDescription(
        "process_cpu_seconds_total",
        .counter,
        unit: "seconds",
        help: "Processor time of the process, user and system."
    )
    static let residentMemory = MetricDescription(
        "process_resident_memory_bytes",
        .gauge,
        unit: "bytes",
        help: "Resident memory of the process."
    )
    static let virtualMemory = MetricDescription(
        "process_virtual_memory_bytes",
        .gauge,
        unit: "bytes",
        help: "Virtual memory of the process."
    )
    static let openDescriptors = MetricDescription(
        "process_open_fds",
        .gauge,
        unit: "file descriptors",
        help: "File descriptors that are open."
    )
    static let maxDescriptors = MetricDescription(
        "process_max_fds",
        .gauge,
        unit: "file descriptors",
        help: "File descriptors that may be open."
    )
    static let startTime = MetricDescription(
        "process_start_time_seconds",
        .gauge,
        unit: "seconds",
        help: "When the process started, in seconds since 1970."
    )
    static let build = MetricDescription(
        "clockwork_build_info",
        .gauge,
        unit: "",
        labels: [Label("version", "the version that runs")],
        help: "Always 1; the version is in the label."
    )

    /// Every metric, in the order in which documents list them.
    public static let all: [MetricDescription] = [
        requests, deadLetters, intakeLag, heldBack, unsettledOffsets, residentSchedules, scheduleBytes, deliveries,
        deliveriesInFlight, deliveryLateness, deliveryRetries, callbacks, callbackDuration, callbackLateness,
        callbacksInFlight, pausedCallbackHosts, ownedPartitions, pausedPartitions, rebalances, obstacles,
        kafkaQueuedRecords, kafkaConnectedBrokers, kafkaRoundTrip, kafkaSentBytes, kafkaReceivedBytes,
        kafkaFailedRequests, storeCalls, dynamoDBRequests, dynamoDBRetries, dynamoDBCapacity, httpRequests,
        lostLogLines, cpu,
        residentMemory, virtualMemory, openDescriptors, maxDescriptors, startTime, build,
    ]
}
