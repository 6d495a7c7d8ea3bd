import Foundation

/// Python's `prometheus_client`, which reads pages in its own way.
enum PageParser {
    struct Family: Decodable, Equatable {
        var name: String
        var type: String
        var help: String
        var samples: [Sample]
    }

    struct Sample: Decodable, Equatable {
        var name: String
        var labels: [String: String]
        /// As Python writes it: infinity and the like have no JSON.
        var value: String
    }

    struct Failure: Error {
        var status: Int32
        var errors: String
    }

    private static let program = """
        import json, sys
        from prometheus_client.parser import text_fd_to_metric_families
        print(json.dumps([
            {"name": f.name, "type": f.type, "help": f.documentation,
             "samples": [{"name": s.name, "labels": s.labels, "value": repr(float(s.value))} for s in f.samples]}
            for f in text_fd_to_metric_families(sys.stdin)]))
        """

    static func families(of page: String) throws -> [Family] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let python =
            ProcessInfo.processInfo.environment["CLOCKWORK_PYTHON"]
            ?? root.appending(path: ".build/venv/bin/python").path
        let process = Process()
        process.executableURL = URL(filePath: python)
        process.arguments = ["-c", program]
        process.environment = ["PYTHONIOENCODING": "utf-8"]
        let (input, output, errors) = (Pipe(), Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        // It reads all before it writes anything.
        try input.fileHandleForWriting.write(contentsOf: Data(page.utf8))
        try input.fileHandleForWriting.close()
        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let text = try errors.fileHandleForReading.readToEnd() ?? Data()
            throw Failure(status: process.terminationStatus, errors: String(decoding: text, as: UTF8.self))
        }
        return try JSONDecoder().decode([Family].self, from: answer)
    }
}
