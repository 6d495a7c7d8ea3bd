import Foundation
import HTTPTypes
import Testing

@testable import ClockworkAPI

@Suite struct OpenAPITests {
    /// The text of `docs/openapi.json`, where readers look for it: a link to the file that is served.
    static func file() throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "docs/openapi.json"), encoding: .utf8)
    }

    @Test func `the document names the methods of every route, and no others`() throws {
        let json = try JSONSerialization.jsonObject(with: Data(OpenAPIDocument.text.utf8))
        let document = try #require(json as? [String: Any])
        #expect(document["openapi"] as? String == "3.1.0")
        let paths = try #require(document["paths"] as? [String: [String: Any]])
        let routes: [Route] = [
            .schedules, .schedule(clientID: "{clientId}", scheduleKey: "{scheduleKey}"), .partitions, .live, .ready,
            .metrics, .openAPI,
        ]
        #expect(paths.count == routes.count)
        var found: [Route] = []
        for (path, item) in paths {
            let route = try Route(target: path)
            #expect(route.template == path)
            found.append(route)
            let methods = Set(item.keys).subtracting(["parameters"]).map { $0.uppercased() }
            // A HEAD is a GET without the body.
            #expect(Set(methods) == Set(route.methods.map(\.rawValue)).subtracting(["HEAD"]), "\(path)")
        }
        for route in routes { #expect(found.contains(route)) }
    }
}
