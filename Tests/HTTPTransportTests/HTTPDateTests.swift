import HTTPTransport
import Testing

@Suite struct HTTPDateTests {
    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    ])
    func `each of HTTP's forms is read`(text: String) {
        #expect(HTTPDate.epochSeconds(text) == 784_111_777)
    }

    @Test(arguments: [
        "", "Sun, 06 Nov 1994", "19941106", "Sun, 06 Nov 1994 08:49 GMT", "Sun, 31 Feb 1994 24:61:00 GMT",
    ])
    func `a date without a time, or one that does not exist, is none`(text: String) {
        #expect(HTTPDate.epochSeconds(text) == nil)
    }
}
