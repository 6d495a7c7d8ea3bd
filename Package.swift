// swift-tools-version: 6.2
import PackageDescription

/// One list of compiler settings for every Swift target.
///
/// - `ExistentialAny` (SE-0335): an existential is written `any P`, so its cost can be seen.
/// - `InternalImportsByDefault` (SE-0409): what a module shows of another one is a decision.
/// - `MemberImportVisibility` (SE-0444): a file imports what it uses.
/// - Where `CI` is set, a warning in our own targets (not in the dependencies) is an error (SE-0480).
let swiftSettings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ] + (Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)])

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioHTTPTypes: Target.Dependency = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let metrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let tracing: Target.Dependency = .product(name: "Tracing", package: "swift-distributed-tracing")
let inMemoryTracing: Target.Dependency = .product(name: "InMemoryTracing", package: "swift-distributed-tracing")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")

/// For the packages in `Fuzz` and `Benchmarks` alone.
let innerModules: [Product] =
    Context.environment["CLOCKWORK_INNER_MODULES"] == nil
    ? []
    : ["Bytes", "TimerWheel", "Scheduling", "HTTPTransport", "DynamoDB", "ScheduleStores", "ClockworkAPI"].map {
        .library(name: $0, targets: [$0])
    }

let package = Package(
    name: "clockwork",
    products: [
        .executable(name: "clockwork", targets: ["clockwork"]),
        .library(name: "ClockworkClient", targets: ["ClockworkClient"]),
    ] + innerModules,
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.1"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // C libraries and system calls.
        .systemLibrary(name: "CKafka", path: "CKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
        .target(name: "CLinux"),

        // Text and bytes as others write them: JSON, base64, percent, dates, durations. Imports nothing.
        .target(name: "Bytes", swiftSettings: swiftSettings),

        // Threads, inboxes, the event loop and the clocks of Linux. Knows nothing of what runs on them.
        .target(name: "Runtime", dependencies: ["CLinux"], swiftSettings: swiftSettings),

        // The pure core: no I/O, no clock, no task.
        .target(name: "TimerWheel", swiftSettings: swiftSettings),
        .target(name: "Scheduling", dependencies: ["TimerWheel", "Bytes", deque], swiftSettings: swiftSettings),

        // Adapters: one for each thing outside.
        .target(name: "Kafka", dependencies: ["CKafka", "Bytes", logging], swiftSettings: swiftSettings),
        .target(
            name: "HTTPTransport",
            dependencies: ["CCurl", "Bytes", "Runtime", crypto, deque],
            swiftSettings: swiftSettings
        ),
        .target(name: "DynamoDB", dependencies: ["HTTPTransport", "Bytes", logging], swiftSettings: swiftSettings),
        .target(
            name: "ScheduleStores",
            dependencies: ["Scheduling", "DynamoDB", "Runtime", "CSQLite", logging],
            swiftSettings: swiftSettings
        ),

        // A factory of swift-metrics that Prometheus can read.
        .target(name: "PrometheusMetrics", dependencies: [metrics], swiftSettings: swiftSettings),

        // For programs that use Clockwork, the commands among them.
        .target(
            name: "ClockworkClient",
            dependencies: ["Scheduling", "HTTPTransport", "Bytes"],
            swiftSettings: swiftSettings
        ),

        // The shell.
        .target(
            name: "ClockworkService",
            dependencies: [
                "Scheduling", "Bytes", "Runtime", "Kafka", "ScheduleStores", "DynamoDB", "HTTPTransport",
                "PrometheusMetrics",
                crypto,
                deque, metrics, tracing, logging, lifecycle,
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "ClockworkAPI",
            dependencies: [
                "Scheduling", "Bytes", "Runtime", "Kafka", "ClockworkService", "PrometheusMetrics", hummingbird,
                hummingbirdCore,
                httpTypes,
                nio, nioHTTPTypes, metrics, logging, lifecycle,
            ],
            resources: [.embedInCode("openapi.json")],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "clockwork",
            dependencies: [
                "ClockworkAPI", "ClockworkService", "ClockworkClient", "Scheduling", "Bytes", "Kafka", "ScheduleStores",
                "DynamoDB", "HTTPTransport", "PrometheusMetrics", "Runtime", "CLinux", argumentParser, metrics, tracing,
                logging, lifecycle, unixSignals,
            ],
            swiftSettings: swiftSettings,
            // Memory of many threads, taken by one and given back by another: half of a pod's work with glibc's own
            // allocator. Not in debug builds, which the sanitizers bring theirs for.
            linkerSettings: [.linkedLibrary("jemalloc", .when(configuration: .release))]
        ),

        // What measures a pod, and is not shipped; `Benchmarks/Package.swift` measures the parts.
        .target(name: "CFloor", dependencies: ["CKafka"], path: "Benchmarks/CFloor"),
        .executableTarget(
            name: "clockwork-bench",
            dependencies: [
                "CFloor", "Bytes", "Runtime", "ClockworkService", "HTTPTransport", "Kafka", "KafkaFaults",
                "ScheduleStores", "Scheduling",
                argumentParser, logging,
            ],
            path: "Benchmarks/Bench",
            swiftSettings: swiftSettings,
            // As the pod is.
            linkerSettings: [.linkedLibrary("jemalloc", .when(configuration: .release))]
        ),

        // Tests.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: swiftSettings),
        .target(
            name: "KafkaFaults",
            dependencies: ["Kafka", "CKafka"],
            path: "Tests/Support/KafkaFaults",
            swiftSettings: swiftSettings
        ),
        .target(
            name: "SimulatedStore",
            dependencies: ["Scheduling", "TestSupport"],
            path: "Tests/Support/SimulatedStore",
            swiftSettings: swiftSettings
        ),
        .testTarget(name: "RuntimeTests", dependencies: ["Runtime"], swiftSettings: swiftSettings),
        .testTarget(name: "BytesTests", dependencies: ["Bytes", "TestSupport"], swiftSettings: swiftSettings),
        .testTarget(
            name: "TimerWheelTests",
            dependencies: ["TimerWheel", "TestSupport"],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "SchedulingTests",
            dependencies: ["Scheduling", "Bytes", "SimulatedStore", "TestSupport", heap],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "PrometheusMetricsTests",
            dependencies: ["PrometheusMetrics", metrics],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "ClockworkServiceTests",
            dependencies: [
                "Runtime", "ClockworkService", "Bytes", "DynamoDB", "HTTPTransport", "PrometheusMetrics", "Scheduling",
                "Kafka", "KafkaFaults",
                "ScriptedServer", "TestSupport", metrics, tracing, inMemoryTracing, logging, lifecycle,
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "ClockworkAPITests",
            dependencies: [
                "Runtime", "ClockworkAPI", "ClockworkService", "Bytes", "ScheduleStores", "Scheduling", "DynamoDB",
                "Kafka", "KafkaFaults",
                "HTTPTransport", "PrometheusMetrics", "ScriptedServer", "SimulatedStore", "TestSupport", httpTypes,
                lifecycle, logging, nio, tracing, inMemoryTracing,
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "ClockworkCommandTests",
            dependencies: [
                "Runtime", "clockwork", "Bytes", "ClockworkService", "ClockworkClient", "Kafka", "Scheduling",
                "KafkaFaults",
                "ScriptedServer",
                "TestSupport",
                argumentParser, logging,
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "ClockworkClientTests",
            dependencies: ["ClockworkClient", "Bytes", "Scheduling", "HTTPTransport", "ScriptedServer"],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "KafkaTests",
            dependencies: ["Kafka", "KafkaFaults", "CKafka", logging],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "ScriptedServer",
            dependencies: ["HTTPTransport", "Runtime"],
            path: "Tests/Support/ScriptedServer",
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "HTTPTransportTests",
            dependencies: ["HTTPTransport", "Bytes", "ScriptedServer"],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "DynamoDBTests",
            dependencies: ["DynamoDB", "Bytes", "HTTPTransport", "ScriptedServer", logging],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "ScheduleStoresTests",
            dependencies: [
                "ScheduleStores", "Bytes", "Scheduling", "DynamoDB", "HTTPTransport", "ScriptedServer",
                "SimulatedStore",
                "TestSupport", logging,
            ],
            resources: [.embedInCode("EarlierLayout/items.json"), .embedInCode("EarlierLayout/store.sql")],
            swiftSettings: swiftSettings
        ),
        .target(name: "CChildProcess", path: "Tests/Support/CChildProcess"),
        .testTarget(
            name: "ClusterTests",
            dependencies: [
                "Kafka", "KafkaFaults", "CKafka", "ScheduleStores", "Scheduling", "DynamoDB", "HTTPTransport",
                "ScriptedServer",
                "TestSupport", "CChildProcess", "clockwork", logging,
            ],
            swiftSettings: swiftSettings
        ),
    ]
)
