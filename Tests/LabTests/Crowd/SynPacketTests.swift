import Sockets
import Testing

@testable import Lab

@Suite("the SYN of a crowd")
struct SynPacketTests {
    @Test("is 20 bytes of IPv4 and 20 of TCP, with a checksum that a receiver adds up to zero")
    func bytes() {
        let destination = Endpoint(address: IPAddress(v4: 0x0a4d_0001), port: 8080)
        let packet = SynPacket.bytes(from: 0x0a4f_0102, port: 40_000, to: destination, sequence: 0x0102_0304)
        #expect(
            packet == [
                0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0,  // version, length, TTL, protocol; the kernel's checksum
                10, 79, 1, 2, 10, 77, 0, 1,  // addresses
                0x9c, 0x40, 0x1f, 0x90, 1, 2, 3, 4, 0, 0, 0, 0,  // ports, sequence number, acknowledgement
                0x50, 0x02, 0xfa, 0xf0, packet[36], packet[37], 0, 0,  // offset, SYN, window, checksum, urgent
            ])
        // RFC 9293, section 3.1: over the pseudo-header and the segment, the checksum's own field in it.
        let covered = packet[12..<20] + [0, 6, 0, 20] + packet[20...]
        let words = Array(covered)
        var sum = stride(from: 0, to: words.count, by: 2).reduce(UInt32(0)) {
            $0 + UInt32(words[$1]) << 8 + UInt32(words[$1 + 1])
        }
        while sum >> 16 != 0 { sum = sum & 0xffff + sum >> 16 }
        #expect(sum == 0xffff)
    }

    @Test("comes from an address of 10.79.0.0/16")
    func random() {
        var random = SystemRandomNumberGenerator()
        let destination = Endpoint(address: IPAddress(v4: 0x0a4d_0001), port: 8080)
        for _ in 0..<1000 {
            let packet = SynPacket.random(to: destination, using: &random)
            #expect(packet[12] == 10 && packet[13] == 79)
        }
    }
}
