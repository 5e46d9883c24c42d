internal import CLinux
internal import Glibc
internal import Sockets
internal import TCP

/// Makes connections of the records that the iterator over sockets writes (`Probes/records.h`).
struct SocketRecordDecoder: Sendable {
    /// Ticks of the kernel's clock a second (HZ): the records' times are in ticks.
    let hertz: UInt32
    /// What each connection is before its record is read.
    private let blank: Connection

    private static let bucketSize = MemoryLayout<linger_bucket>.size
    private static let socketSize = MemoryLayout<linger_socket>.size

    init(namespace: UInt16, hertz: UInt32) {
        self.hertz = max(1, hertz)
        let nowhere = Endpoint(address: IPAddress(v4: 0), port: 0)
        blank = Connection(
            cookie: 0, inode: 0, state: .closed, local: nowhere, remote: nowhere, namespace: namespace)
    }

    /// Goes through records: `body` gets each that a connection can be made of, with its place.
    /// - Returns: how many there are besides. A record of a wrong size is the last: without a size there is no next one.
    @inline(__always)
    static func walk(_ bytes: RawSpan, _ body: (Int, linger_bucket) -> Void) -> Int {
        var (offset, undecoded) = (0, 0)
        while let bucket = bytes.load(offset, as: linger_bucket.self) {
            let size = Int(bucket.size)
            guard size == bucketSize || size == socketSize && offset + size <= bytes.byteCount else {
                return undecoded + 1
            }
            if isDecodable(bucket) { body(offset, bucket) } else { undecoded += 1 }
            offset += size
        }
        return offset == bytes.byteCount ? undecoded : undecoded + 1
    }

    private static func isDecodable(_ bucket: linger_bucket) -> Bool {
        let isFamily = Int32(bucket.family) == AF_INET || Int32(bucket.family) == AF_INET6
        return isFamily && State(kernelNumber: bucket.state) != nil
    }

    /// Makes the connections where they are to stay, one after the other: they are large, and many.
    /// - Returns: how many. There must be room for as many as `walk` finds.
    func decode(_ bytes: RawSpan, to target: UnsafeMutablePointer<Connection>) -> Int {
        var count = 0
        _ = Self.walk(bytes) { offset, bucket in
            write(bucket, to: target + count)
            if Int(bucket.size) == Self.socketSize, let socket = bytes.load(offset, as: linger_socket.self) {
                write(socket, to: target + count)
            }
            count += 1
        }
        return count
    }

    func decode(_ bytes: RawSpan) -> [Connection] {
        var count = 0
        _ = Self.walk(bytes) { _, _ in count += 1 }
        return [Connection](unsafeUninitializedCapacity: count) { buffer, initialized in
            if let target = buffer.baseAddress { initialized = decode(bytes, to: target) }
        }
    }

    private func milliseconds(_ ticks: UInt32) -> UInt32 {
        UInt32(clamping: UInt64(ticks) * 1000 / UInt64(hertz))
    }

    @inline(__always)
    private func write(_ bucket: linger_bucket, to target: UnsafeMutablePointer<Connection>) {
        let state = State(kernelNumber: bucket.state) ?? .closed
        target.initialize(to: blank)
        target.pointee.cookie = bucket.cookie
        target.pointee.state = state
        if bucket.flags & UInt8(LINGER_SUBFLOW.rawValue) != 0 { target.pointee.transport = .subflow }
        target.pointee.local = Endpoint(address: Self.address(bucket.local, bucket.family), port: bucket.local_port)
        target.pointee.remote = Endpoint(address: Self.address(bucket.remote, bucket.family), port: bucket.remote_port)
        target.pointee.interface = bucket.interface
        if bucket.timer != 0 {
            target.pointee.timer = Timer(
                kind: .init(rawValue: bucket.timer) ?? .unknown, retries: bucket.timer_retries,
                expires: milliseconds(bucket.timer_jiffies))
        }
        target.pointee.isV6Only = bucket.flags & UInt8(LINGER_V6ONLY.rawValue) != 0
        target.pointee.holding = .withoutDescriptor(
            state: state, isAttached: bucket.flags & UInt8(LINGER_ATTACHED.rawValue) != 0,
            isTimeWait: bucket.kind == UInt8(LINGER_TIMEWAIT.rawValue))
    }

    /// What a socket that is more than a bucket has besides.
    @inline(__always)
    private func write(_ socket: linger_socket, to target: UnsafeMutablePointer<Connection>) {
        target.pointee.inode = socket.inode
        target.pointee.uid = socket.uid
        target.pointee.mark = socket.mark
        if socket.cgroup != 0 { target.pointee.cgroup = socket.cgroup }
        target.pointee.receiveQueue = socket.receive_queue
        target.pointee.sendQueue = socket.send_queue
        target.pointee.keepalive = socket.bucket.flags & UInt8(LINGER_KEEPALIVE.rawValue) != 0
        write(socket, to: &target.pointee.memory)
        if target.pointee.state != .listen {
            write(socket, to: &target.pointee.info)
            target.pointee.info.forgetTimes(before: target.pointee.state)
        }
    }

    @inline(__always)
    private func write(_ socket: linger_socket, to info: inout TCPInfo) {
        info.retransmits = socket.bucket.retransmits
        info.probes = socket.bucket.probes
        info.backoff = socket.bucket.backoff
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
    }

    @inline(__always)
    private func write(_ socket: linger_socket, to memory: inout SocketMemory) {
        memory.receiveAllocated = socket.receive_allocated
        memory.receiveBuffer = socket.receive_buffer
        memory.sendAllocated = socket.send_allocated
        memory.sendBuffer = socket.send_buffer
        memory.forwardAllocated = socket.forward_allocated
        memory.sendQueued = socket.send_queued
        memory.optionMemory = socket.option_memory
        memory.backlog = socket.backlog
        memory.drops = socket.drops
    }

    private static func address(_ bytes: UInt128Bytes, _ family: UInt16) -> IPAddress {
        if Int32(family) == AF_INET {
            return IPAddress(
                v4: UInt32(bytes.0) << 24 | UInt32(bytes.1) << 16 | UInt32(bytes.2) << 8 | UInt32(bytes.3))
        }
        return withUnsafeBytes(of: bytes) { raw in
            IPAddress(
                v6High: UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                low: UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
    }
}

/// How Swift sees `__u8 [16]`.
private typealias UInt128Bytes = (
    UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8
)
