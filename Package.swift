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
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")

let package = Package(
    name: "clockwork",
    products: [
        .executable(name: "clockwork", targets: ["clockwork"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // C libraries and system calls.
        .systemLibrary(name: "CKafka", path: "CKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
        .target(name: "CLinux"),

        // The pure core: no I/O, no clock, no task.
        .target(name: "TimerWheel", swiftSettings: swiftSettings),
        .target(name: "Scheduling", dependencies: ["TimerWheel", deque], swiftSettings: swiftSettings),

        // Adapters: one for each thing outside.
        .target(name: "Kafka", dependencies: ["CKafka", logging], swiftSettings: swiftSettings),
        .target(name: "HTTPTransport", dependencies: ["CCurl"], swiftSettings: swiftSettings),
        .target(name: "DynamoDB", dependencies: ["HTTPTransport", logging], swiftSettings: swiftSettings),
        .target(
            name: "ScheduleStores",
            dependencies: ["Scheduling", "DynamoDB", "HTTPTransport", "CSQLite", logging],
            swiftSettings: swiftSettings
        ),

        // The shell.
        .target(
            name: "ClockworkService",
            dependencies: ["Scheduling", "Kafka", "ScheduleStores", "CLinux", deque, logging, lifecycle],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "clockwork",
            dependencies: [
                "ClockworkService", "Scheduling", "Kafka", "ScheduleStores", "DynamoDB", "HTTPTransport", "CLinux",
                argumentParser, logging, lifecycle, unixSignals,
            ],
            swiftSettings: swiftSettings
        ),

        // Tests.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: swiftSettings),
        .testTarget(
            name: "TimerWheelTests",
            dependencies: ["TimerWheel", "TestSupport"],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "SchedulingTests",
            dependencies: ["Scheduling", "TestSupport", heap],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "ClockworkServiceTests",
            dependencies: ["ClockworkService", "Scheduling", "TestSupport", logging],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "ClockworkCommandTests",
            dependencies: ["clockwork", "ClockworkService", "Scheduling", "TestSupport", argumentParser],
            swiftSettings: swiftSettings
        ),
        .testTarget(name: "KafkaTests", dependencies: ["Kafka", "CKafka", logging], swiftSettings: swiftSettings),
        .target(
            name: "ScriptedServer",
            dependencies: ["HTTPTransport"],
            path: "Tests/Support/ScriptedServer",
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "HTTPTransportTests",
            dependencies: ["HTTPTransport", "ScriptedServer"],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "DynamoDBTests",
            dependencies: ["DynamoDB", "HTTPTransport", "ScriptedServer", logging],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "ScheduleStoresTests",
            dependencies: ["ScheduleStores", "Scheduling", "DynamoDB", "HTTPTransport", "ScriptedServer", logging],
            swiftSettings: swiftSettings
        ),
        .target(name: "CChildProcess", path: "Tests/Support/CChildProcess"),
        .testTarget(
            name: "ClusterTests",
            dependencies: [
                "Kafka", "CKafka", "ScheduleStores", "Scheduling", "DynamoDB", "HTTPTransport", "TestSupport",
                "CChildProcess", "clockwork", logging,
            ],
            swiftSettings: swiftSettings
        ),
    ]
)
