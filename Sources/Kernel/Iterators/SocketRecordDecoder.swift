internal import CLinux
internal import Glibc
internal import Sockets
internal import TCP

/// Makes connections of the records that the iterator over sockets writes (`Probes/records.h`).
struct SocketRecordDecoder: Sendable {
    let namespace: UInt16
    /// Ticks of the kernel's clock a second (HZ): the records' times are in ticks.
    let hertz: UInt32

    private static let bucketSize = MemoryLayout<linger_bucket>.size
    private static let socketSize = MemoryLayout<linger_socket>.size

    init(namespace: UInt16, hertz: UInt32) {
        self.namespace = namespace
        self.hertz = max(1, hertz)
    }

    /// Goes through records: `body` gets each that a connection can be made of, with its place.
    /// - Returns: how many there are besides. A record of a wrong size is the last: without a size there is no next one.
    @inline(__always)
    static func walk(_ bytes: RawSpan, _ body: (Int, linger_bucket, linger_socket?) -> Void) -> Int {
        var (offset, undecoded) = (0, 0)
        while let bucket = bytes.load(offset, as: linger_bucket.self) {
            let size = Int(bucket.size)
            var socket: linger_socket?
            if size == socketSize {
                socket = bytes.load(offset, as: linger_socket.self)
                guard socket != nil else { return undecoded + 1 }
            } else if size != bucketSize {
                return undecoded + 1
            }
            if isDecodable(bucket) { body(offset, bucket, socket) } else { undecoded += 1 }
            offset += size
        }
        return offset == bytes.byteCount ? undecoded : undecoded + 1
    }

    private static func isDecodable(_ bucket: linger_bucket) -> Bool {
        let isFamily = Int32(bucket.family) == AF_INET || Int32(bucket.family) == AF_INET6
        return isFamily && State(kernelNumber: bucket.state) != nil
    }

    /// - Parameter decoded: is given the connections, in their order.
    /// - Returns: how many records make none.
    @inline(__always)
    func decode(_ bytes: RawSpan, _ decoded: (Connection) -> Void) -> Int {
        var refused = 0
        let undecoded = Self.walk(bytes) { _, bucket, socket in
            if let connection = connection(bucket, socket) { decoded(connection) } else { refused += 1 }
        }
        return undecoded + refused
    }

    private func milliseconds(_ ticks: UInt32) -> UInt32 {
        UInt32(clamping: UInt64(ticks) * 1000 / UInt64(hertz))
    }

    private func connection(_ bucket: linger_bucket, _ socket: linger_socket?) -> Connection? {
        guard let state = State(kernelNumber: bucket.state),
            let local = Self.address(bucket.local, bucket.family),
            let remote = Self.address(bucket.remote, bucket.family)
        else { return nil }
        let isTimeWait = bucket.kind == UInt8(LINGER_TIMEWAIT.rawValue)
        var connection = Connection(
            cookie: bucket.cookie,
            inode: socket?.inode ?? 0,
            state: state,
            transport: bucket.flags & UInt8(LINGER_SUBFLOW.rawValue) != 0 ? .subflow : .tcp,
            local: Endpoint(address: local, port: bucket.local_port),
            remote: Endpoint(address: remote, port: bucket.remote_port),
            namespace: namespace,
            interface: bucket.interface,
            timer: bucket.timer == 0
                ? .off
                : Timer(
                    kind: .init(rawValue: bucket.timer) ?? .unknown, retries: bucket.timer_retries,
                    expires: milliseconds(bucket.timer_jiffies)),
            isV6Only: bucket.flags & UInt8(LINGER_V6ONLY.rawValue) != 0)
        if let socket {
            connection.uid = socket.uid
            connection.mark = socket.mark
            connection.cgroup = socket.cgroup == 0 ? nil : socket.cgroup
            connection.receiveQueue = socket.receive_queue
            connection.sendQueue = socket.send_queue
            connection.keepalive = bucket.flags & UInt8(LINGER_KEEPALIVE.rawValue) != 0
            connection.memory = SocketMemory(socket)
            if state != .listen {
                connection.info = info(bucket, socket)
                connection.info.forgetTimes(before: state)
            }
        }
        let isAttached = bucket.flags & UInt8(LINGER_ATTACHED.rawValue) != 0
        connection.holding = .withoutDescriptor(state: state, isAttached: isAttached, isTimeWait: isTimeWait)
        return connection
    }

    private func info(_ bucket: linger_bucket, _ socket: linger_socket) -> TCPInfo {
        var info = TCPInfo()
        info.retransmits = bucket.retransmits
        info.probes = bucket.probes
        info.backoff = bucket.backoff
        info.rto = milliseconds(socket.rto)
        info.rtt = socket.srtt_us8 >> 3
        info.unacked = socket.unacked
        info.totalRetransmissions = socket.total_retransmissions
        info.lastDataSent = milliseconds(socket.last_data_sent)
        info.lastDataReceived = milliseconds(socket.last_data_received)
        info.lastAckReceived = milliseconds(socket.last_ack_received)
        info.sendWindow = socket.send_window
        info.notSent = socket.not_sent
        info.bytesAcked = socket.bytes_acked
        info.bytesReceived = socket.bytes_received
        return info
    }

    private static func address(_ bytes: UInt128Bytes, _ family: UInt16) -> IPAddress? {
        switch Int32(family) {
        case AF_INET:
            IPAddress(v4: UInt32(bytes.0) << 24 | UInt32(bytes.1) << 16 | UInt32(bytes.2) << 8 | UInt32(bytes.3))
        case AF_INET6:
            withUnsafeBytes(of: bytes) { raw in
                IPAddress(
                    v6High: UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                    low: UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
            }
        default:
            nil
        }
    }
}

/// How Swift sees `__u8 [16]`.
private typealias UInt128Bytes = (
    UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8
)

extension SocketMemory {
    init(_ record: linger_socket) {
        self.init()
        receiveAllocated = record.receive_allocated
        receiveBuffer = record.receive_buffer
        sendAllocated = record.send_allocated
        sendBuffer = record.send_buffer
        forwardAllocated = record.forward_allocated
        sendQueued = record.send_queued
        optionMemory = record.option_memory
        backlog = record.backlog
        drops = record.drops
    }
}
