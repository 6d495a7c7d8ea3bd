import Glibc
import ScriptedServer
import Testing

@testable import HTTPTransport

@Suite struct IPAddressTests {
    private func address(_ text: String) throws -> IPAddress {
        var four = sockaddr_in()
        four.sin_family = sa_family_t(AF_INET)
        if inet_pton(AF_INET, text, &four.sin_addr) == 1 {
            return try #require(withUnsafeBytes(of: &four) { IPAddress($0) })
        }
        var six = sockaddr_in6()
        six.sin6_family = sa_family_t(AF_INET6)
        try #require(inet_pton(AF_INET6, text, &six.sin6_addr) == 1, "\(text) is no address")
        return try #require(withUnsafeBytes(of: &six) { IPAddress($0) })
    }

    @Test(arguments: [
        // Unspecified and "this network", loopback, private, shared, link-local with the metadata services.
        "0.0.0.0", "0.255.255.255", "127.0.0.1", "127.255.255.254", "10.0.0.1", "10.255.255.255", "172.16.0.0",
        "172.31.255.255", "192.168.0.0", "192.168.255.255", "100.64.0.0", "100.100.100.200", "100.127.255.255",
        "169.254.0.0", "169.254.169.254", "169.254.255.255", "168.63.129.16", "192.0.0.192",
        // Documentation, benchmarking, the relay of 6to4, multicast, reserved, broadcast.
        "192.0.2.1", "198.51.100.7", "203.0.113.9", "198.18.0.1", "198.19.255.255", "192.88.99.1", "224.0.0.1",
        "239.255.255.255", "240.0.0.1", "255.255.255.255",
        // Version 6: unspecified, loopback, unique local with a metadata service, link-local, site-local, multicast.
        "::", "::1", "fc00::1", "fdff::1", "fd00:ec2::254", "fe80::1", "febf::1", "fec0::1", "ff02::1", "ff0e::1",
        // Documentation, protocol assignments with Teredo, discard, segment routing, not assigned.
        "2001:db8::1", "3fff::1", "3fff:fff::1", "2001::1", "2001:10::1", "2001:1ff:ffff::1", "100::1", "5f00::1",
        "4000::1", "8000::1", "64:ff9b:1::1",
        // Version 4 inside version 6: mapped, compatible, NAT64, 6to4, ISATAP.
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::8.8.8.8",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1", "2002:c0a8:101::1",
        "2620:0:1:2:0:5efe:10.0.0.1", "2620:0:1:2:200:5efe:127.0.0.1",
    ])
    func `an address of a special range is not global unicast`(text: String) throws {
        #expect(try !address(text).isGlobalUnicast)
    }

    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.1", "168.63.129.17", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0",
        "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
        "2000::1", "2001:200::1", "2001:4860:4860::8888", "2606:4700::1111", "2a00::1", "3ffe::1", "3fff:1000::1",
        "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1", "2620:0:1:2:0:5efe:8.8.8.8",
    ])
    func `a public address is global unicast`(text: String) throws {
        #expect(try address(text).isGlobalUnicast)
    }

    @Test func `an address of another family is not one`() {
        var local = sockaddr_un()
        local.sun_family = sa_family_t(AF_UNIX)
        #expect(withUnsafeBytes(of: &local) { IPAddress($0) } == nil)
        #expect(IPAddress(UnsafeRawBufferPointer(start: nil, count: 0)) == nil)
    }
}

/// The rule as it holds for connections: by the address that is about to be connected to.
@Suite struct RefusedAddressTests {
    private func outcome(
        _ url: String,
        resolutions: [String] = [],
        _ addresses: HTTPClient.Configuration.Addresses = .globalUnicast
    ) async throws -> String {
        var configuration = HTTPClient.Configuration()
        configuration.addresses = addresses
        configuration.resolutions = resolutions
        configuration.connectTimeout = .milliseconds(300)
        let client = try HTTPClient(configuration: configuration)
        defer { client.close() }
        do {
            return "\(try await client.send(HTTPRequest(method: "GET", url: url, timeout: .seconds(5))).status)"
        } catch {
            return error.code.rawValue
        }
    }

    private func withServer(_ body: (ScriptedServer, _ port: Substring) async throws -> Void) async throws {
        let server = ScriptedServer { _ in .answer(status: 200) }
        defer { server.stop() }
        try await body(server, server.url.split(separator: ":")[2])
    }

    @Test(arguments: [
        "127.0.0.1", "127.1", "127.0.1", "2130706433", "017700000001", "0177.0.0.1", "0x7f000001", "0x7f.0.0.1",
        "0x7f.1", "localhost", "LOCALHOST", "0", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "10.1.2.3", "169.254.169.254", "[fe80::1]", "[fd00:ec2::254]",
    ])
    func `every spelling is refused`(host: String) async throws {
        try await withServer { server, port in
            let result = try await outcome("http://\(host):\(port)/")
            #expect(result == "addressRefused")
            #expect(server.connectionCount == 0)
        }
    }

    @Test func `every address of a name is looked at`() async throws {
        try await withServer { server, port in
            let all = ["name.test:\(port):127.0.0.1,10.0.0.1,[::1]"]
            let result = try await outcome("http://name.test:\(port)/", resolutions: all)
            #expect(result == "addressRefused")
            // A public one among them is tried, and the private one still is not. This one leads nowhere.
            for some in ["127.0.0.1,198.20.0.1", "198.20.0.1,127.0.0.1"] {
                let result = try await outcome("http://name.test:\(port)/", resolutions: ["name.test:\(port):\(some)"])
                #expect(["connectFailed", "timedOut"].contains(result))
            }
            #expect(server.connectionCount == 0)
        }
    }

    @Test func `without the rule, the same name is called`() async throws {
        try await withServer { server, port in
            let resolutions = ["name.test:\(port):127.0.0.1"]
            let result = try await outcome("http://name.test:\(port)/", resolutions: resolutions, .any)
            #expect(result == "200")
        }
    }
}
