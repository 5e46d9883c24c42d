import Sockets
import Testing

@Suite("Addresses as text")
struct IPAddressTextTests {
    @Test(
        "what is written as RFC 5952 asks reads back as itself",
        arguments: [
            "0.0.0.0", "127.0.0.1", "255.255.255.255", "10.20.30.40", "::", "::1", "1::", "2001:db8::1", "fe80::1",
            "2001:db8:0:1:1:1:1:1", "2001:db8::1:0:0:1", "2001:0:0:1::1", "1:2:3:4:5:6:7:8",
            "::ffff:1.2.3.4", "::fffe:102:304", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::1:2", "1::8",
            "1::4:5:6:7:8",
        ])
    func roundTrip(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == text)
    }

    @Test(
        "other spellings read as the same address",
        arguments: [
            ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("2001:0db8::0001", "2001:db8::1"), ("0:0:0:0:0:0:0:0", "::"),
            ("::ffff:102:304", "::ffff:1.2.3.4"), ("0:0:0:0:0:ffff:1.2.3.4", "::ffff:1.2.3.4"),
            ("::1.2.3.4", "::102:304"),
            ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
            ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("64:ff9b::1.2.3.4", "64:ff9b::102:304"),
        ])
    func spellings(text: String, canonical: String) throws {
        #expect(try #require(IPAddress(text)).description == canonical)
    }

    @Test(
        "what is no address is refused",
        arguments: [
            "", ".", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04", "1..2.3", "1.2.3.4 ", "-1.2.3.4",
            "1.2.3.0x4", ":", ":::", "1", "::1::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::",
            "::1:2:3:4:5:6:7:8",
            "12345::", "g::", "1:2", ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:", "::1.2.3", "::1.2.3.4:5", "1.2.3.4::",
            "1:2:3:4:5:6:7:1.2.3.4",
            "fe80::1%eth0", "[::1]", "::1/64", "１.２.３.４",
        ])
    func refused(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(
        "endpoints are written as ss writes them",
        arguments: [
            ("1.2.3.4", 80, true, "1.2.3.4:80"), ("::1", 80, false, "[::1]:80"), ("0.0.0.0", 80, true, "0.0.0.0:80"),
            ("::", 80, false, "[::]:80"), ("::", 80, true, "*:80"), ("::", 0, true, "*:*"),
            ("0.0.0.0", 0, false, "0.0.0.0:*"),
            ("::ffff:1.2.3.4", 65535, true, "[::ffff:1.2.3.4]:65535"),
            (
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535, true,
                "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"
            ),
        ])
    func endpoints(address: String, port: UInt16, dualStack: Bool, text: String) throws {
        let endpoint = Endpoint(address: try #require(IPAddress(address)), port: port)
        let written = String(unsafeUninitializedCapacity: Endpoint.textCapacity) {
            endpoint.format(into: $0, dualStack: dualStack)
        }
        #expect(written == text)
    }

    @Test("every address reads back from its text")
    func many() {
        var random = SplitMix(seed: 5)
        for _ in 0..<5_000 {
            // Groups of zeros at random places.
            let mask = random.next()
            func half(_ shift: UInt64) -> UInt64 {
                let bits = random.next() & random.next()
                return (0..<4).reduce(0) { $0 | (mask >> (shift + $1) & 1 == 0 ? 0 : bits & (0xffff << (16 * $1))) }
            }
            let six = IPAddress(v6High: half(0), low: half(4))
            #expect(IPAddress(six.description) == six)
            let four = IPAddress(v4: UInt32(truncatingIfNeeded: random.next()))
            #expect(IPAddress(four.description) == four)
        }
    }
}

/// A small generator with a seed, so that a test's numbers are the same each time.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}
