internal import CLinux
internal import Glibc
internal import Sockets
internal import TCP

extension Connection {
    /// Unknown ones are passed over.
    mutating func decodeAttributes(_ message: RawSpan) {
        message.forEachDiagAttribute { type, payload in
            switch type {
            // An MPTCP connection's is a struct mptcp_info, which has none of these fields.
            case UInt32(INET_DIAG_INFO) where state != .listen && transport != .mptcp: info = TCPInfo(payload, state)
            case UInt32(INET_DIAG_SKMEMINFO): memory = SocketMemory(payload)
            case UInt32(INET_DIAG_SKV6ONLY): isV6Only = payload.load(0, as: UInt8.self) == 1
            case UInt32(INET_DIAG_MARK): mark = payload.load(0, as: UInt32.self)
            case UInt32(INET_DIAG_CGROUP_ID): cgroup = payload.load(0, as: UInt64.self)
            case UInt32(INET_DIAG_ULP_INFO) where payload.carriesMPTCP: transport = .subflow
            default: break
            }
        }
    }
}

extension RawSpan {
    /// The attributes behind `inet_diag_msg` (72 bytes): length 2, type 2, payload, padded to 4.
    func forEachDiagAttribute(_ body: (_ type: UInt32, _ payload: RawSpan) -> Void) {
        var offset = 72
        while let length = load(offset, as: UInt16.self), let type = load(offset + 2, as: UInt16.self), length >= 4,
            let payload = slice(offset + 4, count: Int(length) - 4)
        {
            body(UInt32(type), payload)
            offset += (Int(length) + 3) & ~3
        }
    }

    /// INET_ULP_INFO_NAME (1) "mptcp": a subflow.
    fileprivate var carriesMPTCP: Bool {
        guard let length = load(0, as: UInt16.self), load(2, as: UInt16.self) == 1, length >= 9,
            let name = slice(4, count: 5)
        else { return false }
        return name.load(0, as: UInt32.self) == 0x6374_706d && name.load(4, as: UInt8.self) == UInt8(ascii: "p")
    }
}

extension TCPInfo {
    /// `struct tcp_info` (`linux/tcp.h`) by offset: what an older kernel's shorter struct lacks is nil.
    init(_ bytes: RawSpan, _ state: State) {
        self.init()
        retransmits = bytes.load(2, as: UInt8.self)
        probes = bytes.load(3, as: UInt8.self)
        backoff = bytes.load(4, as: UInt8.self)
        rto = bytes.load(8, as: UInt32.self).map { $0 / 1000 }
        unacked = bytes.load(24, as: UInt32.self)
        lastDataSent = bytes.load(44, as: UInt32.self)
        lastDataReceived = bytes.load(52, as: UInt32.self)
        lastAckReceived = bytes.load(56, as: UInt32.self)
        rtt = bytes.load(68, as: UInt32.self)
        totalRetransmissions = bytes.load(100, as: UInt32.self)
        bytesAcked = bytes.load(120, as: UInt64.self)
        bytesReceived = bytes.load(128, as: UInt64.self)
        notSent = bytes.load(144, as: UInt32.self)
        sendWindow = bytes.load(228, as: UInt32.self)
        forgetTimes(before: state)
    }

    /// Before the handshake is through nothing was sent or received as data: the kernel's clocks stand at boot, and
    /// would tell its uptime.
    mutating func forgetTimes(before state: State) {
        guard state == .synSent || state == .closed else { return }
        lastDataSent = nil
        lastDataReceived = nil
        lastAckReceived = nil
    }
}

extension SocketMemory {
    /// `SK_MEMINFO_*` (`linux/sock_diag.h`): nine numbers of 4 bytes.
    init(_ bytes: RawSpan) {
        self.init()
        receiveAllocated = bytes.load(0, as: UInt32.self)
        receiveBuffer = bytes.load(4, as: UInt32.self)
        sendAllocated = bytes.load(8, as: UInt32.self)
        sendBuffer = bytes.load(12, as: UInt32.self)
        forwardAllocated = bytes.load(16, as: UInt32.self)
        sendQueued = bytes.load(20, as: UInt32.self)
        optionMemory = bytes.load(24, as: UInt32.self)
        backlog = bytes.load(28, as: UInt32.self)
        drops = bytes.load(32, as: UInt32.self)
    }
}
