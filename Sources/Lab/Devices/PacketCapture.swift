package import TCP

/// A capture file in the classic format that tcpdump and Wireshark read (draft-ietf-opsawg-pcap), its packets raw IP
/// (LINKTYPE_RAW, 101), its times in microseconds.
package enum PacketCapture {
    /// The largest packet: all are kept whole.
    private static let snapLength: UInt32 = 65_535

    /// What the file begins with, in the machine's byte order, which the magic number tells.
    package static var header: [UInt8] {
        var bytes: [UInt8] = []
        put(0xa1b2_c3d4 as UInt32, into: &bytes)
        put(2 as UInt16, into: &bytes)
        put(4 as UInt16, into: &bytes)
        // Two fields without use.
        put(0 as UInt64, into: &bytes)
        put(snapLength, into: &bytes)
        put(101 as UInt32, into: &bytes)
        return bytes
    }

    /// - Parameter time: since 1970; 32 bits of seconds are kept.
    package static func record(_ packet: some Collection<UInt8>, at time: Instant) -> [UInt8] {
        var bytes: [UInt8] = []
        let captured = packet.prefix(Int(snapLength))
        bytes.reserveCapacity(16 + captured.count)
        put(UInt32(truncatingIfNeeded: time.microseconds / 1_000_000), into: &bytes)
        put(UInt32(truncatingIfNeeded: time.microseconds % 1_000_000), into: &bytes)
        put(UInt32(captured.count), into: &bytes)
        put(UInt32(truncatingIfNeeded: packet.count), into: &bytes)
        bytes += captured
        return bytes
    }

    private static func put<Value: FixedWidthInteger>(_ value: Value, into bytes: inout [UInt8]) {
        withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
    }

    /// Writes every packet that goes by: the file's bytes, piece by piece.
    package struct Writer: Device {
        private let offset: Microseconds
        private let write: ([UInt8]) -> Void

        /// - Parameter offset: what makes of the lab's times times since 1970.
        package init(offset: Microseconds, write: @escaping ([UInt8]) -> Void) {
            self.offset = offset
            self.write = write
            write(PacketCapture.header)
        }

        package mutating func take(_ packet: LinkPacket, at now: Instant, pass: (LinkPacket) -> Void) {
            write(PacketCapture.record(packet.bytes, at: now + offset))
            pass(packet)
        }
    }
}
