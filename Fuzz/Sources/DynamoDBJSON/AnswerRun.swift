import Foundation
import FuzzSupport

@testable import Bytes
@testable import DynamoDB

/// Answers as they may come from a store that is damaged, or is none.
enum AnswerRun {
    /// What Foundation reads as an object can be read past.
    static func value(_ bytes: [UInt8]) {
        let read: Void? = AnswerReader.read(bytes) { (reader) throws(JSONError) in try reader.skipValue() }?.output
        // Foundation reads UTF-16 and UTF-32 as well, and marks of byte order.
        guard read == nil, !bytes.contains(0), bytes.first == UInt8(ascii: "{") else { return }
        let depth = bytes.count { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "[") }
        let text = bytes.filter { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        let hasTrailingComma = zip(text, text.dropFirst()).contains { $0 == 0x2C && ($1 == 0x7D || $1 == 0x5D) }
        guard depth <= JSONScanner.maximumDepth, !hasTrailingComma else { return }
        let object = (try? JSONSerialization.jsonObject(with: Data(bytes))) as? [String: Any]
        require(object == nil, "what Foundation reads can be read past")
    }

    static func items(_ bytes: [UInt8]) {
        let items = AnswerReader.read(bytes) { (reader) throws(JSONError) in try reader.readItems() }
        for item in items?.output ?? [] {
            checkRoundTrip(item)
            LayoutRun.item(item)
        }
    }

    static func writes(_ bytes: [UInt8]) {
        let writes = AnswerReader.read(bytes) { (reader) throws(JSONError) in
            try reader.readUnprocessedWrites(table: "t")
        }
        for write in writes?.output ?? [] {
            switch write {
            case .put(let item), .delete(let item): checkRoundTrip(item)
            }
        }
    }

    static func batch(_ bytes: [UInt8]) {
        let answer = AnswerReader.read(bytes) { (reader) throws(JSONError) in
            try reader.readBatchGetAnswer(table: "t")
        }
        for item in (answer?.output.items ?? []) + (answer?.output.unprocessed ?? []) { checkRoundTrip(item) }
    }

    static func error(_ bytes: [UInt8]) {
        var bytes = bytes[...]
        let status = 100 + Int(bytes.popFirst() ?? 0) * 2
        let error = DynamoDBError(status: status, body: Array(bytes))
        require(error.message.utf8.count < 8_192 && !error.message.contains("\n"), "an error is one short line")
    }

    /// What has been read is written as it was, and no name occurs twice.
    private static func checkRoundTrip(_ item: Item) {
        var writer = JSONWriter()
        writer.item(item)
        let again = AnswerReader.read(writer.bytes) { (reader) throws(JSONError) in try reader.readItem() }
        require(again?.output.attributes == item.attributes, "an item that was read can be written and read again")
        require(Set(item.attributes.map { Array($0.name.utf8) }).count == item.attributes.count, "no name twice")
        require(item.sizeInBytes >= 0, "an item has a size")
    }
}
