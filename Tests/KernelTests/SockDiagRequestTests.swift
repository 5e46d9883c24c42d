import Sockets
import TCP
import Testing

@testable import Kernel

@Suite("what sock_diag is asked")
struct SockDiagRequestTests {
    @Test("TCP over IPv4, two states, byte by byte")
    func tcp() {
        let request = SockDiagRequest(
            family: .ipv4, transport: .tcp, states: [.init(.established), .init(.closeWait)])
        #expect(
            request.encoded(sequence: 7) == [
                72, 0, 0, 0,  // nlmsg_len
                20, 0,  // SOCK_DIAG_BY_FAMILY
                0x01, 0x03,  // NLM_F_REQUEST | NLM_F_DUMP
                7, 0, 0, 0,  // nlmsg_seq
                0, 0, 0, 0,  // nlmsg_pid: the kernel
                2,  // AF_INET
                6,  // IPPROTO_TCP
                0x42,  // INET_DIAG_INFO, INET_DIAG_SKMEMINFO
                0,  // padding
                0x02, 0x01, 0, 0,  // 1 << 1 | 1 << 8
            ] + [UInt8](repeating: 0, count: 48))
        #expect(request.key == "sock_diag.inet.tcp")
    }

    @Test("MPTCP over IPv6 names the protocol in an attribute, for 262 does not fit a byte")
    func mptcp() {
        let request = SockDiagRequest(family: .ipv6, transport: .mptcp, states: .all)
        let bytes = request.encoded(sequence: 0x0102_0304)
        #expect(bytes.count == 80)
        #expect(Array(bytes[0..<4]) == [80, 0, 0, 0])
        #expect(Array(bytes[8..<12]) == [4, 3, 2, 1])
        #expect(Array(bytes[16..<18]) == [10, 6])
        #expect(Array(bytes[20..<24]) == [0xfe, 0x0f, 0, 0])
        #expect(
            Array(bytes[72...]) == [
                8, 0,  // nla_len
                3, 0,  // INET_DIAG_REQ_PROTOCOL
                6, 1, 0, 0,  // IPPROTO_MPTCP
            ])
        #expect(request.key == "sock_diag.inet6.mptcp")
    }
}
