import ClockworkClient
import Testing

@Suite struct ServiceAddressTests {
    @Test(arguments: [
        "http://localhost:5000", "https://clockwork.example.com", "http://[::1]:5000/", "https://host/a/path//",
    ])
    func `a base URL is host, port and path`(url: String) throws {
        let address = try ServiceAddress(baseURL: url)
        #expect(!address.baseURL.hasSuffix("/"))
        #expect(url.hasPrefix(address.baseURL))
    }

    @Test(arguments: [
        "", "localhost:5000", "ftp://host", "http://", "http:///path", "http://:5000", "http://user:word@host",
        "http://host?query", "http://host#fragment", "http://ho st", "http://host\r\nX: y",
    ])
    func `all else is refused`(url: String) {
        let error = #expect(throws: ClockworkClientError.self) { try ServiceAddress(baseURL: url) }
        #expect(error?.code == .invalidConfiguration)
    }

    @Test func `a token never shows`() throws {
        let address = try ServiceAddress(baseURL: "http://host", token: "hush-hush")
        var dumped = ""
        dump(address, to: &dumped)
        for text in ["\(address)", String(reflecting: address), dumped] {
            #expect(!text.contains("hush"))
        }
        let error = #expect(throws: ClockworkClientError.self) {
            try ServiceAddress(baseURL: "http://host", token: "hush hush\r\n")
        }
        #expect(error?.code == .invalidConfiguration)
        #expect(error.map { "\($0)".contains("hush") } == false)
    }
}
