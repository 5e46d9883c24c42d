import CLinux
import Glibc
import Sockets
import TCP
import Testing

@testable import Kernel

@Suite("connections of sock_diag's messages")
struct SockDiagDecoderTests {
    @Test("an IPv4 connection, byte by byte")
    func ipv4() throws {
        let message: [UInt8] = [
            112, 0, 0, 0,  // nlmsg_len
            20, 0,  // SOCK_DIAG_BY_FAMILY
            2, 0,  // NLM_F_MULTI
            1, 0, 0, 0, 9, 0, 0, 0,  // sequence, port
            2, 1, 1, 5,  // AF_INET, ESTABLISHED, retransmission timer, 5 retries
            0x01, 0xbb, 0xc3, 0x50,  // ports 443, 50000: network order
            127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // source
            192, 0, 2, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // destination
            2, 0, 0, 0,  // interface
            0x2a, 0, 0, 0, 0x01, 0, 0, 0,  // cookie, low and high half
            0xd0, 0x07, 0, 0,  // expires in 2000 ms
            0x10, 0, 0, 0,  // receive queue
            0x20, 0x01, 0, 0,  // send queue
            33, 0, 0, 0,  // uid
            0x67, 0x12, 0, 0,  // inode
            5, 0, 11, 0, 1, 0, 0, 0,  // INET_DIAG_SKV6ONLY, three bytes of padding
            8, 0, 15, 0, 0x11, 0, 0, 0,  // INET_DIAG_MARK
            8, 0, 99, 0, 1, 2, 3, 4,  // of a kernel to come
        ]
        let decoder = DiagMessage.decode(message)
        let found = try #require(decoder.connections.first)
        #expect(decoder.connections.count == 1 && decoder.undecoded == 0)
        #expect(decoder.outcome == NetlinkMessages.Outcome())
        #expect(found.state == .established)
        #expect(found.transport == .tcp)
        #expect(found.local == Endpoint(address: IPAddress(v4: 0x7f00_0001), port: 443))
        #expect(found.remote == Endpoint(address: IPAddress(v4: 0xc000_0207), port: 50_000))
        #expect(found.namespace == 3)
        #expect(found.interface == 2)
        #expect(found.cookie == 0x1_0000_002a)
        #expect(found.timer == Timer(kind: .retransmit, retries: 5, expires: 2000))
        #expect(found.receiveQueue == 16 && found.sendQueue == 288)
        #expect(found.uid == 33)
        #expect(found.inode == 4711)
        #expect(found.isV6Only)
        #expect(found.mark == 0x11)
        #expect(found.holding == .unseen)
        // What no attribute told is not seen, and not 0.
        #expect(found.cgroup == nil && found.info.rto == nil && found.memory.drops == nil)
        // A retransmission timer hides the keepalive timer.
        #expect(found.keepalive == nil)
    }

    @Test("an IPv6 connection")
    func ipv6() throws {
        let found = try #require(
            DiagMessage.decode(
                DiagMessage(
                    family: UInt8(AF_INET6), timer: 2,
                    local: [0x20, 1, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [1],
                    remote: [0xfe, 0x80] + [UInt8](repeating: 0, count: 13) + [2]
                ).bytes
            ).connections.first)
        #expect(found.local.address == IPAddress(v6High: 0x2001_0db8_0000_0000, low: 1))
        #expect(found.remote.address == IPAddress(v6High: 0xfe80_0000_0000_0000, low: 2))
        #expect(found.keepalive == true)
    }

    @Test(
        "who can hold a socket is told by state, inode and timer",
        arguments: [
            // A small socket's user and inode say nothing.
            (.timeWait, 3, 0, .timeWait, false), (.finWait2, 3, 0, .orphan, false),
            (.synReceived, 1, 0, .request, false), (.synReceived, 1, 9, .unseen, true),
            (.established, 0, 0, .unaccepted, true), (.closeWait, 0, 0, .unaccepted, true),
            (.closeWait, 0, 9, .unseen, true), (.established, 0, 9, .unseen, true),
            (.finWait1, 1, 0, .orphan, true), (.finWait2, 0, 0, .orphan, true), (.closing, 1, 0, .orphan, true),
            (.lastAck, 1, 0, .orphan, true), (.finWait2, 0, 9, .unseen, true),
            (.listen, 0, 0, .kernelOrInFlight, true), (.synSent, 1, 0, .kernelOrInFlight, true),
        ] as [(State, UInt8, UInt32, Holding, Bool)])
    func holding(state: State, timer: UInt8, inode: UInt32, holding: Holding, hasUser: Bool) throws {
        let message = DiagMessage(state: state.rawValue, timer: timer, uid: 1000, inode: inode)
        let found = try #require(DiagMessage.decode(message.bytes).connections.first)
        #expect(found.holding == holding)
        #expect(found.uid == (hasUser ? 1000 : nil))
    }

    @Test(
        "the kernel's two extra states are SYN_RCVD and CLOSED; numbers beyond them are no sockets",
        arguments: [(12, .synReceived), (13, .closed), (0, nil), (14, nil), (255, nil)] as [(UInt8, State?)])
    func extraStates(number: UInt8, state: State?) {
        let decoder = DiagMessage.decode(DiagMessage(state: number).bytes)
        #expect(decoder.connections.map(\.state) == [state].compactMap { $0 })
        #expect(decoder.undecoded == (state == nil ? 1 : 0))
    }

    @Test("a family that is no IP is no socket", arguments: [0, 1, 3, 16, 255] as [UInt8])
    func otherFamilies(family: UInt8) {
        let decoder = DiagMessage.decode(DiagMessage(family: family).bytes, DiagMessage().bytes)
        #expect(decoder.connections.count == 1)
        #expect(decoder.undecoded == 1)
    }

    @Test(
        "a running keepalive timer tells SO_KEEPALIVE, a timer that is off its absence",
        arguments: [(0, false), (1, nil), (2, true), (3, nil), (4, nil), (200, nil)] as [(UInt8, Bool?)])
    func keepalive(timer: UInt8, keepalive: Bool?) throws {
        for state in State.allCases {
            let message = DiagMessage(state: state.rawValue, timer: timer)
            let found = try #require(DiagMessage.decode(message.bytes).connections.first)
            // FIN_WAIT_2 runs on the same timer to its own end.
            #expect(found.keepalive == (state == .established || state == .closeWait ? keepalive : nil))
            #expect(found.timer.kind == (Timer.Kind(rawValue: timer) ?? .unknown))
        }
    }

    @Test("a listener has queues and no TCP_INFO, whatever the kernel sends with it")
    func listener() throws {
        let info = DiagMessage.attribute(INET_DIAG_INFO, [UInt8](repeating: 9, count: 248))
        let message = DiagMessage(
            state: State.listen.rawValue, remotePort: 0, receiveQueue: 129, sendQueue: 128, attributes: info)
        let found = try #require(DiagMessage.decode(message.bytes).connections.first)
        #expect(found.receiveQueue == 129 && found.sendQueue == 128)
        #expect(found.info.rto == nil && found.info.unacked == nil && found.info.retransmits == nil)
    }

    @Test("an MPTCP connection's info is no TCP_INFO")
    func mptcpInfo() throws {
        let message = DiagMessage(
            attributes: DiagMessage.attribute(INET_DIAG_INFO, [UInt8](repeating: 9, count: 248)))
        let mptcp = try #require(DiagMessage.decode(message.bytes, transport: .mptcp).connections.first)
        #expect(mptcp.transport == .mptcp)
        #expect(mptcp.info.rto == nil && mptcp.info.lastDataSent == nil && mptcp.info.retransmits == nil)
        let tcp = try #require(DiagMessage.decode(message.bytes).connections.first)
        #expect(tcp.info.retransmits == 9)
    }

    @Test(
        "a subflow is known by its ULP",
        arguments: [
            ("mptcp\0", .subflow), ("mptcp", .subflow), ("tls\0", .tcp), ("mptc\0", .tcp), ("", .tcp),
            ("espintcp\0", .tcp),
        ] as [(String, Connection.Transport)])
    func subflow(name: String, transport: Connection.Transport) throws {
        // INET_ULP_INFO_NAME
        let ulp = DiagMessage.attribute(INET_DIAG_ULP_INFO, DiagMessage.attribute(1, Array(name.utf8)))
        let found = try #require(DiagMessage.decode(DiagMessage(attributes: ulp).bytes).connections.first)
        #expect(found.transport == transport)
        // INET_ULP_INFO_TLS is no name.
        let other = DiagMessage.attribute(INET_DIAG_ULP_INFO, DiagMessage.attribute(2, Array(name.utf8)))
        let tls = try #require(DiagMessage.decode(DiagMessage(attributes: other).bytes).connections.first)
        #expect(tls.transport == .tcp)
    }

    @Test("the memory of a socket, the cgroup and the mark come as attributes")
    func attributes() throws {
        var memory = Bytes()
        for number: UInt32 in 1...9 { memory.append(number * 1000) }
        let message = DiagMessage(
            attributes: DiagMessage.attribute(INET_DIAG_SKMEMINFO, memory.all)
                + DiagMessage.attribute(INET_DIAG_CGROUP_ID, Bytes(of: UInt64(77)).all)
                + DiagMessage.attribute(INET_DIAG_MARK, Bytes(of: UInt32(0x21)).all)
                + DiagMessage.attribute(INET_DIAG_SKV6ONLY, [0]))
        let found = try #require(DiagMessage.decode(message.bytes).connections.first)
        let all = [
            found.memory.receiveAllocated, found.memory.receiveBuffer, found.memory.sendAllocated,
            found.memory.sendBuffer, found.memory.forwardAllocated, found.memory.sendQueued,
            found.memory.optionMemory, found.memory.backlog, found.memory.drops,
        ]
        #expect(all == (1...9).map { $0 * 1000 })
        #expect(found.cgroup == 77)
        #expect(found.mark == 0x21)
        #expect(!found.isV6Only)
    }

    @Test(
        "an attribute whose length lies ends the attributes, and what came before it holds",
        arguments: [0, 3, 13, 0xffff] as [UInt16])
    func lyingLength(length: UInt16) throws {
        var liar = Bytes(DiagMessage.attribute(INET_DIAG_CGROUP_ID, Bytes(of: UInt64(77)).all))
        liar.put(length, at: 0)
        let message = DiagMessage(
            attributes: DiagMessage.attribute(INET_DIAG_MARK, Bytes(of: UInt32(5)).all) + liar.all)
        let found = try #require(DiagMessage.decode(message.bytes).connections.first)
        #expect(found.mark == 5)
        #expect(found.cgroup == nil)
    }

    @Test("attributes shorter than their value are not seen")
    func shortAttributes() throws {
        let message = DiagMessage(
            attributes: DiagMessage.attribute(INET_DIAG_MARK, [1, 2, 3])
                + DiagMessage.attribute(INET_DIAG_CGROUP_ID, [1, 2, 3, 4])
                + DiagMessage.attribute(INET_DIAG_SKV6ONLY, []) + DiagMessage.attribute(INET_DIAG_ULP_INFO, [5, 0, 1])
                + DiagMessage.attribute(INET_DIAG_INFO, []) + DiagMessage.attribute(INET_DIAG_SKMEMINFO, []))
        let found = try #require(DiagMessage.decode(message.bytes).connections.first)
        #expect(found.mark == nil && found.cgroup == nil && !found.isV6Only && found.transport == .tcp)
        #expect(found.info.retransmits == nil && found.memory.receiveAllocated == nil)
    }

    @Test("a message cut at any byte makes no connection, and says that bytes were left")
    func cut() {
        let first = DiagMessage().bytes
        let whole =
            first + DiagMessage(cookie: 9, attributes: DiagMessage.attribute(INET_DIAG_MARK, [1, 0, 0, 0])).bytes
        for length in 0...whole.count {
            let decoder = DiagMessage.decode(Array(whole.prefix(length)))
            let expected = length == whole.count ? 2 : length >= first.count ? 1 : 0
            #expect(decoder.connections.count == expected, "cut at \(length)")
            #expect(decoder.undecoded == 0)
            #expect(decoder.outcome.trailingBytes == (expected == 2 ? 0 : length - expected * first.count))
        }
    }

    @Test("a payload shorter than inet_diag_msg makes no connection, at any length")
    func shortPayload() {
        let payload = DiagMessage().payload
        for length in 0..<payload.count {
            let message = DiagMessage.message(type: UInt16(SOCK_DIAG_BY_FAMILY), Array(payload.prefix(length)))
            let decoder = DiagMessage.decode(message, DiagMessage.end(NLMSG_DONE, 0))
            #expect(decoder.connections.isEmpty, "\(length) bytes")
            #expect(decoder.undecoded == 1)
            #expect(decoder.outcome.isComplete)
        }
    }
}

@Suite("TCP_INFO of kernels of any age")
struct TCPInfoDecoderTests {
    private struct Field: Sendable {
        var name: String
        var offset: Int
        var size: Int
        var read: @Sendable (TCPInfo) -> UInt64?
    }

    /// `struct tcp_info` (`linux/tcp.h`).
    private static let fields = [
        Field(name: "tcpi_retransmits", offset: 2, size: 1) { $0.retransmits.map(UInt64.init) },
        Field(name: "tcpi_probes", offset: 3, size: 1) { $0.probes.map(UInt64.init) },
        Field(name: "tcpi_backoff", offset: 4, size: 1) { $0.backoff.map(UInt64.init) },
        Field(name: "tcpi_unacked", offset: 24, size: 4) { $0.unacked.map(UInt64.init) },
        Field(name: "tcpi_last_data_sent", offset: 44, size: 4) { $0.lastDataSent.map(UInt64.init) },
        Field(name: "tcpi_last_data_recv", offset: 52, size: 4) { $0.lastDataReceived.map(UInt64.init) },
        Field(name: "tcpi_last_ack_recv", offset: 56, size: 4) { $0.lastAckReceived.map(UInt64.init) },
        Field(name: "tcpi_rtt", offset: 68, size: 4) { $0.rtt.map(UInt64.init) },
        Field(name: "tcpi_total_retrans", offset: 100, size: 4) { $0.totalRetransmissions.map(UInt64.init) },
        Field(name: "tcpi_bytes_acked", offset: 120, size: 8) { $0.bytesAcked },
        Field(name: "tcpi_bytes_received", offset: 128, size: 8) { $0.bytesReceived },
        Field(name: "tcpi_notsent_bytes", offset: 144, size: 4) { $0.notSent.map(UInt64.init) },
        Field(name: "tcpi_snd_wnd", offset: 228, size: 4) { $0.sendWindow.map(UInt64.init) },
    ]

    /// Each byte has its own offset for a value.
    private static let bytes = (0..<280).map { UInt8(truncatingIfNeeded: $0) }

    private static func number(_ offset: Int, _ size: Int) -> UInt64 {
        bytes[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func info(_ count: Int) throws -> TCPInfo {
        let message = DiagMessage(attributes: DiagMessage.attribute(INET_DIAG_INFO, Array(bytes.prefix(count))))
        return try #require(DiagMessage.decode(message.bytes).connections.first).info
    }

    // 104: Linux 2.6 to 3.14; 192: 4.10; 232: 5.5; 248: 6.7; 280: newer than we know.
    @Test("a field that the kernel's struct is too short for is not seen, and not 0", arguments: 0...280)
    func anyLength(count: Int) throws {
        let info = try Self.info(count)
        for field in Self.fields {
            let expected = field.offset + field.size <= count ? Self.number(field.offset, field.size) : nil
            #expect(field.read(info) == expected, "\(field.name) of \(count) bytes")
        }
        #expect(info.rto == (count >= 12 ? UInt32(Self.number(8, 4) / 1000) : nil))
    }
}

@Suite("the messages of a netlink answer")
struct NetlinkMessagesTests {
    @Test("several messages in one datagram, several datagrams")
    func several() {
        let decoder = DiagMessage.decode(
            DiagMessage(cookie: 1).bytes + DiagMessage(cookie: 2).bytes, DiagMessage(cookie: 3).bytes,
            DiagMessage.end(NLMSG_DONE, 0))
        #expect(decoder.connections.map(\.cookie) == [1, 2, 3])
        #expect(decoder.outcome == NetlinkMessages.Outcome(isComplete: true))
    }

    @Test("a message is padded to four bytes, and the last one need not be")
    func padding() {
        var bytes = DiagMessage.message(type: UInt16(SOCK_DIAG_BY_FAMILY), DiagMessage().payload + [1])
        #expect(bytes.count % 4 == 0)
        #expect(DiagMessage.decode(bytes + DiagMessage().bytes).connections.count == 2)
        bytes.removeLast(3)
        let decoder = DiagMessage.decode(bytes)
        #expect(decoder.connections.count == 1)
        #expect(decoder.outcome.trailingBytes == 0)
    }

    @Test(
        "how a dump ended",
        arguments: [
            (NLMSG_DONE, 0, 0), (NLMSG_DONE, -EAGAIN, EAGAIN), (NLMSG_ERROR, -EPERM, EPERM),
            (NLMSG_ERROR, -ENOENT, ENOENT),
            (NLMSG_ERROR, 0, 0),
        ])
    func end(type: Int32, sent: Int32, code: Int32) {
        let decoder = DiagMessage.decode(DiagMessage.end(type, sent))
        #expect(decoder.outcome == NetlinkMessages.Outcome(isComplete: true, code: code))
        #expect(DiagMessage.end(type, sent).withUnsafeBytes(NetlinkMessages.endsDump))
    }

    @Test("an errno that cannot be one does not overflow", arguments: [Int32.min, .min + 1, .max])
    func hostileErrno(code: Int32) {
        for type in [NLMSG_DONE, NLMSG_ERROR] {
            #expect(DiagMessage.decode(DiagMessage.end(type, code)).outcome.isComplete)
        }
    }

    @Test("an answer without an end is not complete")
    func endless() {
        #expect(!DiagMessage.decode(DiagMessage().bytes).outcome.isComplete)
        #expect(!DiagMessage().bytes.withUnsafeBytes(NetlinkMessages.endsDump))
        #expect(!DiagMessage.decode([]).outcome.isComplete)
    }

    @Test("a dump under which the tables changed is marked by any of its messages")
    func interrupted() {
        let flags = UInt16(NLM_F_MULTI | NLM_F_DUMP_INTR)
        let marked = DiagMessage.message(type: UInt16(SOCK_DIAG_BY_FAMILY), flags: flags, DiagMessage().payload)
        let decoder = DiagMessage.decode(DiagMessage().bytes, marked, DiagMessage.end(NLMSG_DONE, 0))
        #expect(decoder.outcome == NetlinkMessages.Outcome(isComplete: true, isInterrupted: true))
        #expect(decoder.connections.count == 2)
        let atEnd = DiagMessage.message(type: UInt16(NLMSG_DONE), flags: flags, [0, 0, 0, 0])
        #expect(DiagMessage.decode(atEnd).outcome.isInterrupted)
    }

    @Test("NLMSG_NOOP is passed over")
    func noop() {
        let decoder = DiagMessage.decode(
            DiagMessage.message(type: UInt16(NLMSG_NOOP), [1, 2, 3, 4]) + DiagMessage().bytes)
        #expect(decoder.connections.count == 1)
        #expect(decoder.undecoded == 0)
    }

    @Test("a message whose length lies ends the datagram", arguments: [0, 15, 200, UInt32.max] as [UInt32])
    func lyingLength(length: UInt32) {
        var liar = Bytes(DiagMessage(cookie: 2).bytes)
        liar.put(length, at: 0)
        let decoder = DiagMessage.decode(DiagMessage(cookie: 1).bytes + liar.all + DiagMessage(cookie: 3).bytes)
        #expect(decoder.connections.map(\.cookie) == [1])
        #expect(decoder.outcome.trailingBytes == 2 * liar.all.count)
    }

    @Test("a message of only a header is one without a socket")
    func headerOnly() {
        let decoder = DiagMessage.decode(DiagMessage.message(type: UInt16(SOCK_DIAG_BY_FAMILY), []))
        #expect(decoder.connections.isEmpty)
        #expect(decoder.undecoded == 1)
    }
}
