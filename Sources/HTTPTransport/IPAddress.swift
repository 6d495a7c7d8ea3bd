internal import Glibc

/// An IP address, to decide whether it is public.
struct IPAddress: Equatable {
    /// The sixteen bytes of an IPv6 address, or the four of an IPv4 address.
    private let bytes: [UInt8]

    /// The address in a socket address of either version; `nil` if the socket address has another family or is too
    /// short.
    init?(_ address: UnsafeRawBufferPointer) {
        guard address.count >= MemoryLayout<sa_family_t>.size else { return nil }
        switch Int32(address.loadUnaligned(as: sa_family_t.self)) {
        case AF_INET:
            guard let start = MemoryLayout<sockaddr_in>.offset(of: \.sin_addr), address.count >= start + 4 else {
                return nil
            }
            bytes = Array(address[start..<(start + 4)])
        case AF_INET6:
            guard let start = MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr), address.count >= start + 16 else {
                return nil
            }
            bytes = Array(address[start..<(start + 16)])
        default:
            return nil
        }
    }

    /// Whether it is a global unicast address, according to the registries of special-purpose addresses (RFC 6890 and
    /// later additions by IANA), and not the metadata service of a cloud.
    ///
    /// An IPv6 address that contains an IPv4 address is judged by the latter, because it may lead there.
    var isGlobalUnicast: Bool {
        bytes.count == 4 ? Self.isGlobalVersion4(bytes[...]) : Self.isGlobalVersion6(bytes)
    }

    private static func isGlobalVersion4(_ bytes: ArraySlice<UInt8>) -> Bool {
        let number = bytes.reduce(0) { $0 << 8 | UInt32($1) }
        return !specialVersion4.contains { number >> (32 - $0.length) == $0.prefix >> (32 - $0.length) }
    }

    private static let specialVersion4: [(prefix: UInt32, length: UInt32)] = [
        // "This network"; private; shared (carrier-grade NAT, also a cloud's metadata); loopback; link-local.
        (0x0000_0000, 8), (0x0A00_0000, 8), (0x6440_0000, 10), (0x7F00_0000, 8), (0xA9FE_0000, 16),
        // Private; protocol assignments; documentation; the former 6to4 relay; private; benchmarking.
        (0xAC10_0000, 12), (0xC000_0000, 24), (0xC000_0200, 24), (0xC058_6300, 24), (0xC0A8_0000, 16),
        (0xC612_0000, 15),
        // Documentation, twice; multicast; reserved, with broadcast.
        (0xC633_6400, 24), (0xCB00_7100, 24), (0xE000_0000, 4), (0xF000_0000, 4),
        // 168.63.129.16, a metadata service at a public address.
        (0xA83F_8110, 32),
    ]

    private static func isGlobalVersion6(_ bytes: [UInt8]) -> Bool {
        func begins(_ prefix: [UInt8]) -> Bool { bytes.starts(with: prefix) }
        let zeros = [UInt8](repeating: 0, count: 10)
        // IPv4-mapped (::ffff:0:0/96), NAT64 (64:ff9b::/96), 6to4 (2002::/16).
        if begins(zeros + [0xFF, 0xFF]) { return isGlobalVersion4(bytes[12...]) }
        if begins([0x00, 0x64, 0xFF, 0x9B] + zeros.prefix(8)) { return isGlobalVersion4(bytes[12...]) }
        if begins([0x20, 0x02]) { return isGlobalVersion4(bytes[2..<6]) }
        // No address outside 2000::/3 is global unicast. Outside are loopback, unspecified, unique local, link-local,
        // multicast, the local NAT64 prefix, and addresses that are not assigned yet.
        guard bytes[0] & 0xE0 == 0x20 else { return false }
        // Protocol assignments (2001::/23, with Teredo); documentation, twice.
        let isAssignment = bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] & 0xFE == 0
        let isDocumentation = begins([0x20, 0x01, 0x0D, 0xB8]) || begins([0x3F, 0xFF]) && bytes[2] & 0xF0 == 0
        // An ISATAP interface identifier contains an IPv4 address as well.
        if bytes[9] == 0, bytes[10] == 0x5E, bytes[11] == 0xFE, bytes[8] & 0xFD == 0 {
            return !isAssignment && !isDocumentation && isGlobalVersion4(bytes[12...])
        }
        return !isAssignment && !isDocumentation
    }
}
