import CoreMetrics
import Foundation
import PrometheusMetrics
import Testing

@testable import ClockworkService

@Suite struct MetricTests {
    @Test func `docs/metrics.md lists the metrics there are`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appending(path: "docs/metrics.md")
        let text = try? String(contentsOf: file, encoding: .utf8)
        if text != Metric.document {
            let written = FileManager.default.temporaryDirectory.appending(path: "metrics.md")
            try Metric.document.write(to: written, atomically: true, encoding: .utf8)
            Issue.record("docs/metrics.md is not what the list of metrics says; \(written.path) is")
        }
    }

    @Test func `names, units and kinds go together as Prometheus asks`() {
        #expect(Set(Metric.all.map(\.name)).count == Metric.all.count)
        for metric in Metric.all {
            let name = metric.name
            #expect(name.hasPrefix("clockwork_") || name.hasPrefix("process_"), "\(name)")
            #expect(name.wholeMatch(of: /[a-z][a-z0-9_]*/) != nil, "\(name)")
            #expect(name.hasSuffix("_total") == (metric.kind == .counter), "\(name)")
            #expect(metric.help.hasSuffix("."), "\(name)")
            let stem = name.hasSuffix("_total") ? String(name.dropLast("_total".count)) : name
            for unit in ["seconds", "bytes"] {
                #expect(stem.hasSuffix("_" + unit) == (metric.unit == unit), "\(name)")
            }
            #expect(!metric.labels.contains { $0.name == "le" }, "\(name)")
            if case .histogram(let buckets) = metric.kind {
                #expect(metric.unit == "seconds", "\(name)")
                #expect(buckets == buckets.sorted() && Set(buckets).count == buckets.count, "\(name)")
            }
        }
    }

    @Test func `the process is measured whenever the metrics are read`() throws {
        let registry = MetricsRegistry(Metric.all)
        ProcessMetrics.add(to: registry)
        func value(_ name: String) throws -> Double {
            let reading = try #require(registry.read().first { $0.description.name == name })
            guard case .number(let number) = try #require(reading.series.first).value else { return .nan }
            return number
        }
        let before = try value("process_cpu_seconds_total")
        #expect(before > 0)
        #expect(try value("process_cpu_seconds_total") >= before)
        // A test process with Foundation in it is larger than a mebibyte, and smaller than all it has mapped.
        let resident = try value("process_resident_memory_bytes")
        #expect(resident > 1_048_576)
        #expect(try value("process_virtual_memory_bytes") > resident)
        // Tests beside this one open and close files, too; those that it holds itself are open.
        let files = try (0..<200).map { _ in try FileHandle(forReadingFrom: URL(filePath: "/proc/self/stat")) }
        let open = try value("process_open_fds")
        #expect(open >= 200)
        for file in files { try file.close() }
        #expect(try value("process_max_fds") >= open)
        #expect(try value("process_start_time_seconds") <= Date.now.timeIntervalSince1970)
    }
}
