// swift-tools-version: 6.2
import PackageDescription

// What the parts cost, each alone; `clockwork-bench` measures the whole. Built and run by `make bench-micro`.
// `CLOCKWORK_INNER_MODULES` has the project offer its inner modules as products.

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func module(_ name: String) -> Target.Dependency { .product(name: name, package: "clockwork") }

let package = Package(
    name: "clockwork-benchmarks",
    dependencies: [
        .package(name: "clockwork", path: ".."),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        // A server that answers at once, and what bare libcurl makes of it.
        .target(
            name: "DynamoDBPeers",
            linkerSettings: [.linkedLibrary("curl")]
        ),
        .target(name: "Harness", swiftSettings: swiftSettings),
        // The pure parts.
        .executableTarget(
            name: "Parts",
            dependencies: ["Harness", module("TimerWheel"), module("Scheduling")],
            swiftSettings: swiftSettings,
            // As the pod is.
            linkerSettings: [.linkedLibrary("jemalloc")]
        ),
        // What reaches into modules, and so is built with testing enabled, which costs what is measured a little.
        .executableTarget(
            name: "Database",
            dependencies: [
                "Harness", "DynamoDBPeers", module("Bytes"), module("Scheduling"), module("HTTPTransport"),
                module("DynamoDB"),
                module("ScheduleStores"), .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swiftSettings,
            linkerSettings: [.linkedLibrary("jemalloc")]
        ),
    ]
)
