import HTTPTransport
import Testing

/// The signature against Amazon's published test suite for version 4, and the parts it is made of.
@Suite struct AWSSignatureTests {
    private static let token =
        "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8"
        + "YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6f"
        + "E8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj"
        + "2ICCR/oLxBA=="

    /// One of the suite's cases; all are signed at 2015-08-30T12:36:00Z for `service` in us-east-1.
    struct Vector: Sendable, CustomTestStringConvertible {
        var name: String
        var method = "GET"
        var target = "/"
        var headers: [HTTPHeader] = []
        var body = ""
        var token: String?
        var signature: String

        var testDescription: String { name }
    }

    private static let vectors = [
        Vector(
            name: "get-vanilla",
            signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        ),
        Vector(
            name: "post-vanilla",
            method: "POST",
            signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
        ),
        Vector(
            name: "get-vanilla-query-order-key-case",
            target: "/?Param2=value2&Param1=value1",
            signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
        ),
        Vector(
            name: "get-header-value-trim",
            headers: [HTTPHeader("My-Header1", " value1"), HTTPHeader("My-Header2", " \"a   b   c\"")],
            signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"
        ),
        Vector(
            name: "get-header-key-duplicate",
            headers: [
                HTTPHeader("My-Header1", "value2"), HTTPHeader("My-Header1", "value2"),
                HTTPHeader("My-Header1", "value1"),
            ],
            signature: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"
        ),
        Vector(
            name: "post-header-key-sort",
            method: "POST",
            headers: [HTTPHeader("My-Header1", "value1")],
            signature: "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"
        ),
        Vector(
            name: "post-x-www-form-urlencoded",
            method: "POST",
            headers: [HTTPHeader("Content-Type", "application/x-www-form-urlencoded")],
            body: "Param1=value1",
            signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
        ),
        Vector(
            name: "post-sts-header-before",
            method: "POST",
            token: token,
            signature: "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"
        ),
    ]

    @Test(arguments: vectors) func `a request is signed as in the published case`(vector: Vector) throws {
        let request = HTTPRequest(
            method: vector.method,
            url: "https://example.amazonaws.com\(vector.target)",
            headers: vector.headers,
            body: Array(vector.body.utf8),
            timeout: .seconds(1)
        )
        let signature = AWSSignature(
            region: "us-east-1",
            service: "service",
            accessKeyID: "AKIDEXAMPLE",
            secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            sessionToken: vector.token
        )
        let authorization = try #require(request.signed(signature, at: 1_440_938_160).headers.last)
        #expect(authorization.name == "authorization")
        #expect(authorization.value.hasSuffix("Signature=\(vector.signature)"))
    }

    @Test func `the port is part of the host unless it is the scheme's own`() {
        func authorization(_ url: String) -> String? {
            HTTPRequest(method: "GET", url: url, timeout: .seconds(1)).signed(
                AWSSignature(region: "r", service: "s", accessKeyID: "id", secretAccessKey: "secret"),
                at: 0
            ).headers.last?.value
        }
        #expect(authorization("https://host:443/") == authorization("https://host"))
        #expect(authorization("http://host:80/") == authorization("http://host"))
        #expect(authorization("http://host:8000/") != authorization("http://host"))
    }
}
