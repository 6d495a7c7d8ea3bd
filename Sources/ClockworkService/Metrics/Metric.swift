public import PrometheusMetrics

/// The list of every metric of Clockwork. Handles, help texts and `docs/metrics.md` are made from it.
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
            "Readable records of an owned intake partition that have not been read, as of the latest fetch; transaction "
            + "markers after the last of them do not count."
    )
    static let heldBack = MetricDescription(
        "clockwork_intake_held_back_records",
        .gauge,
        unit: "records",
        labels: [Label("partition", "the partitions this pod owns")],
        help: "Records of an owned intake partition that a producer's open transaction holds back."
    )
    static let unsettledOffsets = MetricDescription(
        "clockwork_unsettled_offsets",
        .gauge,
        unit: "offsets",
        help: "Requests that have been read, but not yet stored, delivered or dead-lettered."
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
        help: "Deliveries acknowledged by their target, or failed for good."
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
            "From the due time, a deferred one included, to the topic's acknowledgement; schedules already due when they "
            + "were read are left out."
    )
    static let deliveryRetries = MetricDescription(
        "clockwork_delivery_retries_total",
        .counter,
        unit: "records",
        help: "Records of any kind that are produced again because the failure was not theirs."
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
        help: "Outcomes of due callbacks: answered 2xx; failed, to be retried; failed for good; not attempted for now."
    )
    static let callbackDuration = MetricDescription(
        "clockwork_callback_duration_seconds",
        .histogram(buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]),
        unit: "seconds",
        labels: [host],
        help: "Duration of an attempt, until it is answered or given up."
    )
    static let callbackLateness = MetricDescription(
        "clockwork_callback_lateness_seconds",
        .histogram(buckets: latenessBuckets),
        unit: "seconds",
        help: "From schedule time to the 2xx answer of the first attempt; schedules already due when they were read, "
            + "put off or retried are left out."
    )
    static let callbacksInFlight = MetricDescription(
        "clockwork_callbacks_in_flight",
        .gauge,
        unit: "callbacks",
        help: "Callbacks waiting for an answer."
    )
    static let pausedCallbackHosts = MetricDescription(
        "clockwork_paused_callback_hosts",
        .gauge,
        unit: "hosts",
        help: "Hosts that are paused, in whole or for one path, because they keep failing; one on trial counts too."
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
        help: "Changes of this pod's partitions; an empty assignment counts too."
    )

    /// The obstacles to a part of the process's work.
    public static let obstacles = MetricDescription(
        "clockwork_obstacles",
        .gauge,
        unit: "obstacles",
        labels: [Label("kind", "\(Obstacle.Kind.allCases.map(\.rawValue).joined(separator: ", "))")],
        help: "1 while `/health/ready` reports an obstacle of this kind, else 0."
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
        help: "Requests sent to DynamoDB; every attempt counts."
    )
    /// Requests to DynamoDB that are sent again.
    public static let dynamoDBRetries = MetricDescription(
        "clockwork_dynamodb_retries_total",
        .counter,
        unit: "requests",
        labels: [Label("operation", "DynamoDB's operations")],
        help: "Requests sent to DynamoDB again, after a failure or for unprocessed items."
    )
    /// Capacity that DynamoDB charges.
    public static let dynamoDBCapacity = MetricDescription(
        "clockwork_dynamodb_consumed_capacity_units_total",
        .counter,
        unit: "capacity units",
        labels: [Label("operation", "DynamoDB's operations")],
        help: "Capacity that DynamoDB reports as charged: write units for writes, read units for reads."
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
        help: "Log lines dropped because standard error was too slow, or left out because too many of one kind came."
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
