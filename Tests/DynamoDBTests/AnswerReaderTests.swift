import Bytes
import Testing

@testable import DynamoDB

@Suite struct AnswerReaderTests {
    private func read<Output>(
        _ json: String,
        _ decode: (inout AnswerReader) throws(JSONError) -> Output
    ) -> Output? {
        AnswerReader.read(Array(json.utf8), decode)?.output
    }

    @Test func `what is not known is skipped`() {
        var found: String?
        let answer: Void? = read(
            #" { "a" : [1, -2.5e+3, true, null, {"b": "\u0041"}, [], {}] , "S" : "x" } "#
        ) { (reader) throws(JSONError) in
            try reader.readObject { (reader, name) throws(JSONError) in
                if name == "S" { found = try reader.readString() } else { try reader.skipValue() }
            }
        }
        #expect(answer != nil)
        #expect(found == "x")
    }

    @Test func `consumed capacity is added up, of one table and of several`() throws {
        let one = #"{"ConsumedCapacity":{"TableName":"t","CapacityUnits":2.5,"Table":{"CapacityUnits":9}}}"#
        let several = #"{"ConsumedCapacity":[{"CapacityUnits":1},{"CapacityUnits":0.5}]}"#
        for (json, units) in [(one, 2.5), (several, 1.5)] {
            let answer = AnswerReader.read(Array(json.utf8)) { (reader) throws(JSONError) in
                try reader.readObject { (reader, name) throws(JSONError) in try reader.skipMember(name) }
            }
            #expect(try #require(answer).consumedCapacity == units)
        }
    }

    @Test(arguments: ["", "[", "{\"a\":1}x", "[1]", "{\"a\":\"\u{1}\"}", "{\"a\":\"\\ud800\"}"])
    func `what is not one object is no answer`(json: String) {
        let answer: Void? = read(json) { (reader) throws(JSONError) in
            try reader.readObject { (reader, _) throws(JSONError) in try reader.skipValue() }
        }
        #expect(answer == nil)
    }

    @Test func `an item comes back as it was`() throws {
        let item: Item = [
            "text": .string("a#%\"\u{0}é"), "empty": .string(""),
            "number": .number("1700000000000.0000000000000000042"),
            "bytes": .binary((0...255).map { UInt8($0) }), "none": .binary([]),
        ]
        var writer = JSONWriter()
        writer.item(item)
        #expect(
            read(writer.text) { (reader) throws(JSONError) in try reader.readItem() }?.attributes == item.attributes
        )

        writer = JSONWriter()
        writer.item([:])
        #expect(writer.text == "{}")
    }

    @Test func `attributes of other types are left out`() {
        let json = #"{"l":{"L":[{"S":"x"}]},"s":{"S":"y"},"n":{"NULL":true},"m":{"M":{"a":{"N":"1"}}}}"#
        let item = read(json) { (reader) throws(JSONError) in try reader.readItem() }
        #expect(item?.attributes == [Item.Attribute(name: "s", value: .string("y"))])
    }

    @Test func `base64 with an escape in it is read`() {
        let item = read(#"{"b":{"B":"\u005ag=="}}"#) { (reader) throws(JSONError) in try reader.readItem() }
        #expect(item?.attributes == [Item.Attribute(name: "b", value: .binary([UInt8(ascii: "f")]))])
    }

    @Test func `an item with a name given twice is refused`() {
        let json = #"{"a":{"S":"x"},"b":{"S":"y"},"\u0061":{"N":"1"}}"#
        #expect(read(json) { (reader) throws(JSONError) in try reader.readItem() } == nil)
    }
}
