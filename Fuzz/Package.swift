// swift-tools-version: 6.2
import PackageDescription

// Programs of libFuzzer's that feed hostile bytes to what reads bytes from outside. Built and run by `make fuzz`, which
// gives the options of the sanitizers for the whole graph, so that the code under test is instrumented and not only the
// few lines here. `CLOCKWORK_INNER_MODULES` has the project offer its inner modules as products.

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    // libFuzzer brings `main`.
    .unsafeFlags(["-parse-as-library"]),
]

func module(_ name: String) -> Target.Dependency { .product(name: name, package: "clockwork") }

let package = Package(
    name: "clockwork-fuzz",
    dependencies: [
        .package(name: "clockwork", path: ".."),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    ],
    targets: [
        .target(name: "FuzzSupport", swiftSettings: swiftSettings),
        .executableTarget(
            name: "RequestDecoder",
            dependencies: ["FuzzSupport", module("Scheduling")],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "DynamoDBJSON",
            dependencies: [
                "FuzzSupport", module("Bytes"), module("DynamoDB"), module("ScheduleStores"), module("Scheduling"),
            ],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "HTTPBody",
            dependencies: [
                "FuzzSupport", module("ClockworkAPI"), module("Scheduling"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: swiftSettings
        ),
    ]
)
