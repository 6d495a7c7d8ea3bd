import DynamoDB
import Testing

@Suite struct ItemTests {
    @Test func `the size counts names, text, bytes and digits`() {
        #expect(([:] as Item).sizeInBytes == 0)
        #expect((["ab": .string("é")] as Item).sizeInBytes == 2 + 2)
        #expect((["ab": .binary([1, 2, 3])] as Item).sizeInBytes == 2 + 3)
        #expect((["n": .number("0")] as Item).sizeInBytes == 1 + 2)
        #expect((["n": .number("-1234.5")] as Item).sizeInBytes == 1 + 3 + 1 + 1)
    }

    @Test func `attributes are set, replaced and removed`() {
        var item: Item = ["a": .string("1")]
        item["b"] = .number("2")
        item["a"] = .string("3")
        #expect(item.string("a") == "3")
        #expect(item.number("b") == "2")
        #expect(item.string("b") == nil)
        item["a"] = nil
        item["c"] = nil
        #expect(item.attributes.map(\.name) == ["b"])
    }

    @Test func `credentials do not appear in descriptions`() {
        let credentials = Credentials(accessKeyID: "AKID", secretAccessKey: "hush", sessionToken: "psst")
        for text in ["\(credentials)", String(reflecting: credentials)] {
            #expect(!text.contains("hush"))
            #expect(!text.contains("psst"))
        }
    }
}
