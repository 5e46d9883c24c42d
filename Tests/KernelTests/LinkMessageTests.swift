import Sockets
import Testing

@testable import Kernel

@Suite("requests to rtnetlink")
struct LinkMessageTests {
    @Test("an address of IPv4, byte by byte")
    func address() {
        let message = LinkMessage.address(IPAddress(v4: 0x0a4d_0001), prefix: 24, link: 2)
        #expect(
            message.bytes == [
                40, 0, 0, 0, 20, 0, 0x05, 0x06, 1, 0, 0, 0, 0, 0, 0, 0,  // length, RTM_NEWADDR, flags, sequence, port
                2, 24, 0, 0, 2, 0, 0, 0,  // AF_INET, prefix, flags, scope, link
                8, 0, 2, 0, 10, 77, 0, 1,  // IFA_LOCAL
                8, 0, 1, 0, 10, 77, 0, 1,  // IFA_ADDRESS
            ])
    }

    @Test("the lengths of nested attributes cover what is in them")
    func pair() throws {
        let bytes = LinkMessage.pair(named: "veth0", otherEndIn: 7).bytes
        #expect(bytes.count == Int(bytes[0]))
        // Behind header, ifinfomsg and the name: IFLA_LINKINFO up to the end.
        let information = 16 + 16 + 12
        #expect(bytes[information + 2] == 18)
        #expect(Int(bytes[information]) == bytes.count - information)
        #expect(Array(bytes[(information + 4)...].prefix(8)) == [8, 0, 1, 0] + Array("veth".utf8))
        #expect(bytes.suffix(8) == [8, 0, 28, 0, 7, 0, 0, 0])
    }
}
