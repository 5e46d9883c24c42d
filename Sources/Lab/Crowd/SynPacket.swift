internal import Sockets

/// The first segment of a handshake in an IPv4 packet, from an address that nobody has: the third one never comes
/// (RFC 9293, section 3.5).
enum SynPacket {
    /// 10.79.0.0/16 leads to the other namespace of a crowd, and to nobody there.
    static let nobody = IPAddress(v4: 10 << 24 | 79 << 16)

    static func random(to destination: Endpoint, using random: inout some RandomNumberGenerator) -> [UInt8] {
        let source = UInt32(truncatingIfNeeded: nobody.low) | UInt32.random(in: 0x0101...0xfefe, using: &random)
        return bytes(
            from: source, port: UInt16.random(in: 1024...UInt16.max, using: &random), to: destination,
            sequence: UInt32.random(in: 0...UInt32.max, using: &random))
    }

    /// Header of IPv4 (RFC 791, 20 bytes; the kernel fills in its checksum) and of TCP (RFC 9293, section 3.1, 20 bytes).
    static func bytes(from source: UInt32, port: UInt16, to destination: Endpoint, sequence: UInt32) -> [UInt8] {
        let addresses = big(source) + big(UInt32(truncatingIfNeeded: destination.address.low))
        func segment(_ checksum: UInt16) -> [UInt8] {
            // Offset of 5 words, SYN, window.
            big(port) + big(destination.port) + big(sequence) + big(UInt32(0)) + [5 << 4, 0x02] + big(UInt16(64_240))
                + big(checksum) + [0, 0]
        }
        // The pseudo-header: addresses, zero, protocol, length.
        let checksum = sum(addresses + [0, 6] + big(UInt16(20)) + segment(0))
        return [0x45, 0] + big(UInt16(40)) + [0, 0, 0, 0, 64, 6, 0, 0] + addresses + segment(checksum)
    }

    /// RFC 1071, of an even number of bytes.
    private static func sum(_ bytes: [UInt8]) -> UInt16 {
        var total: UInt32 = 0
        for index in stride(from: 0, to: bytes.count - 1, by: 2) {
            total += UInt32(bytes[index]) << 8 | UInt32(bytes[index + 1])
        }
        while total >> 16 != 0 { total = (total & 0xffff) + total >> 16 }
        return ~UInt16(truncatingIfNeeded: total)
    }

    private static func big<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}
