internal import CLinux
internal import Glibc
internal import Sockets

/// One dump to ask of the kernel: `inet_diag_req_v2` behind a netlink header (sock_diag(7), `linux/inet_diag.h`).
struct SockDiagRequest: Hashable, Sendable {
    enum Transport: Sendable { case tcp, mptcp }

    var family: IPAddress.Family
    var transport: Transport
    var states: StateSet
    /// What memory each socket takes.
    var memory = true

    /// `sock_diag.inet6.tcp`
    var key: String {
        "sock_diag.\(family == .ipv4 ? "inet" : "inet6").\(transport == .tcp ? "tcp" : "mptcp")"
    }

    /// TCP_INFO, memory, and what comes with them unasked (mark, v6only, cgroup, ULP).
    private var extensions: UInt8 {
        UInt8(1 << (INET_DIAG_INFO - 1) | (memory ? 1 << (INET_DIAG_SKMEMINFO - 1) : 0))
    }

    func encoded(sequence: UInt32) -> [UInt8] {
        var bytes: [UInt8] = []
        func put<Value: FixedWidthInteger>(_ value: Value) {
            withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
        }
        // IPPROTO_MPTCP does not fit the protocol's byte: it goes into an attribute (INET_DIAG_REQ_PROTOCOL).
        let attribute = transport == .mptcp
        put(UInt32(16 + 56 + (attribute ? 8 : 0)))
        put(UInt16(SOCK_DIAG_BY_FAMILY))
        put(UInt16(NLM_F_REQUEST | NLM_F_DUMP))
        put(sequence)
        put(UInt32(0))
        bytes.append(UInt8(family == .ipv4 ? AF_INET : AF_INET6))
        bytes.append(UInt8(IPPROTO_TCP))
        bytes.append(extensions)
        bytes.append(0)
        put(UInt32(states.rawValue))
        // inet_diag_sockid: empty, it selects nothing in a dump.
        bytes.append(contentsOf: repeatElement(0, count: 48))
        if attribute {
            put(UInt16(8))
            put(UInt16(INET_DIAG_REQ_PROTOCOL))
            put(UInt32(262))
        }
        return bytes
    }
}
