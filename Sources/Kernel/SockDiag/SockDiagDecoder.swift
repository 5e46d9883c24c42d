internal import CLinux
internal import Glibc
internal import Sockets
internal import TCP

/// Makes connections of sock_diag's messages: `inet_diag_msg` and its attributes.
struct SockDiagDecoder {
    let namespace: UInt16
    let transport: SockDiagRequest.Transport
    var connections: [Connection] = []
    var outcome = NetlinkMessages.Outcome()
    /// Messages that no socket could be made of.
    var undecoded = 0

    init(namespace: UInt16, transport: SockDiagRequest.Transport) {
        self.namespace = namespace
        self.transport = transport
    }

    mutating func consume(_ bytes: RawSpan) {
        var found: [Connection] = []
        swap(&found, &connections)
        var undecoded = 0
        NetlinkMessages.forEach(in: bytes, outcome: &outcome) { payload in
            if let connection = Self.decode(payload, namespace: namespace, transport: transport) {
                found.append(connection)
            } else {
                undecoded += 1
            }
        }
        swap(&found, &connections)
        self.undecoded += undecoded
    }

    /// `inet_diag_msg`: family 1, state 1, timer 1, retrans 1, sockid 48, expires 4, rqueue 4, wqueue 4, uid 4, inode 4.
    static func decode(
        _ message: RawSpan, namespace: UInt16, transport: SockDiagRequest.Transport
    ) -> Connection? {
        guard let family = message.load(0, as: UInt8.self), let number = message.load(1, as: UInt8.self),
            let timer = message.load(2, as: UInt8.self), let retries = message.load(3, as: UInt8.self),
            let localPort = message.load(4, as: UInt16.self), let remotePort = message.load(6, as: UInt16.self),
            let interface = message.load(40, as: UInt32.self),
            let cookieLow = message.load(44, as: UInt32.self), let cookieHigh = message.load(48, as: UInt32.self),
            let expires = message.load(52, as: UInt32.self),
            let receiveQueue = message.load(56, as: UInt32.self), let sendQueue = message.load(60, as: UInt32.self),
            let uid = message.load(64, as: UInt32.self), let inode = message.load(68, as: UInt32.self),
            let state = State(kernelNumber: number),
            let local = IPAddress(message, at: 8, family: family),
            let remote = IPAddress(message, at: 24, family: family)
        else { return nil }

        // A small socket has no inode, no user and one of the two timers that only small sockets have.
        let isTimeWait = Int32(timer) == 3
        let isRequest = state == .synReceived && inode == 0
        var connection = Connection(
            cookie: UInt64(cookieHigh) << 32 | UInt64(cookieLow),
            inode: inode,
            state: state,
            transport: transport == .tcp ? .tcp : .mptcp,
            local: Endpoint(address: local, port: UInt16(bigEndian: localPort)),
            remote: Endpoint(address: remote, port: UInt16(bigEndian: remotePort)),
            namespace: namespace,
            interface: interface,
            uid: isTimeWait || isRequest ? nil : uid,
            receiveQueue: receiveQueue,
            sendQueue: sendQueue,
            timer: timer == 0
                ? .off : Timer(kind: .init(rawValue: timer) ?? .unknown, retries: retries, expires: expires))
        connection.decodeAttributes(message)
        connection.holding = .withoutDescriptor(state: state, isAttached: inode != 0, isTimeWait: isTimeWait)
        connection.keepalive = connection.keepaliveByTimer
        return connection
    }
}

extension State {
    /// TCP_NEW_SYN_RECV (12) is SYN_RCVD, TCP_BOUND_INACTIVE (13) is CLOSED (`include/net/tcp_states.h`).
    init?(kernelNumber: UInt8) {
        switch kernelNumber {
        case 12: self = .synReceived
        case 13: self = .closed
        default:
            guard let state = State(rawValue: kernelNumber) else { return nil }
            self = state
        }
    }
}

extension Holding {
    /// What a socket is before its descriptors are looked for.
    /// - Parameter isAttached: it has an inode, so somebody holds it: unseen until found.
    static func withoutDescriptor(state: State, isAttached: Bool, isTimeWait: Bool) -> Holding {
        if isAttached { return .unseen }
        if isTimeWait && state == .timeWait { return .timeWait }
        return switch state {
        case .timeWait: .timeWait
        case .synReceived: .request
        case .established, .closeWait: .unaccepted
        case .finWait1, .finWait2, .closing, .lastAck: .orphan
        case .listen, .synSent, .closed: .kernelOrInFlight
        }
    }
}

extension Connection {
    /// inet_diag shows the keepalive timer whenever no timer for sending runs, so a timer that is off says that
    /// SO_KEEPALIVE is not set. FIN_WAIT_2 uses the same timer for its own end.
    var keepaliveByTimer: Bool? {
        guard state == .established || state == .closeWait else { return nil }
        return switch timer.kind {
        case .off: false
        case .keepalive: true
        case .retransmit, .timeWait, .zeroWindowProbe, .unknown: nil
        }
    }
}

extension IPAddress {
    /// Four or sixteen bytes in network order, by the kernel's family number.
    init?(_ bytes: RawSpan, at offset: Int, family: UInt8) {
        switch Int32(family) {
        case AF_INET:
            guard let bits = bytes.load(offset, as: UInt32.self) else { return nil }
            self.init(v4: UInt32(bigEndian: bits))
        case AF_INET6:
            guard let high = bytes.load(offset, as: UInt64.self), let low = bytes.load(offset + 8, as: UInt64.self)
            else {
                return nil
            }
            self.init(v6High: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
        default:
            return nil
        }
    }
}
