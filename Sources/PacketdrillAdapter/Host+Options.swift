import Glibc
import Lab
import TCP

// fcntl(2), ioctl(2), getsockopt(2), setsockopt(2).
extension Host {
    func control(_ number: Int32, _ command: Int32, _ argument: Int) throws(SystemError) -> Int32 {
        let descriptor = try descriptor(number)
        switch command {
        case F_GETFL: return O_RDWR | (descriptor.isNonBlocking ? O_NONBLOCK : 0)
        case F_SETFL:
            descriptor.isNonBlocking = argument & Int(O_NONBLOCK) != 0
            return 0
        case F_GETFD: return FD_CLOEXEC
        case F_SETFD: return 0
        default: throw SystemError(EINVAL)
        }
    }

    /// tcp(7), ioctls.
    func inputOutput(_ number: Int32, _ request: UInt, _ value: UnsafeMutablePointer<Int32>?) throws(SystemError) {
        let descriptor = try descriptor(number)
        guard let value else { throw SystemError(EFAULT) }
        switch request {
        case 0x5421:  // FIONBIO
            descriptor.isNonBlocking = value.pointee != 0
        case 0x541b:  // SIOCINQ, FIONREAD
            guard case .listener = descriptor.kind else {
                value.pointee = Int32(descriptor.socket.map { stack.readableCount(of: $0) } ?? 0)
                return
            }
            throw SystemError(EINVAL)
        case 0x5411:  // SIOCOUTQ, TIOCOUTQ
            value.pointee = Int32(descriptor.socket.map { stack.unacknowledgedCount(of: $0) } ?? 0)
        case 0x894b:  // SIOCOUTQNSD
            value.pointee = Int32(
                descriptor.socket.flatMap { stack.status(of: $0) }.map { $0.sendEnd - $0.sendNext } ?? 0)
        default: throw SystemError(EINVAL)
        }
    }

    // MARK: options

    func option(_ number: Int32, _ level: Int32, _ name: Int32) throws(SystemError) -> [UInt8] {
        let descriptor = try descriptor(number)
        if level == Int32(IPPROTO_TCP), name == TCP_INFO { return try information(descriptor) }
        if level == SOL_SOCKET, name == SO_LINGER {
            return Self.bytes(descriptor.linger == nil ? 0 : 1) + Self.bytes(descriptor.linger ?? 0)
        }
        return Self.bytes(try numericOption(descriptor, level, name))
    }

    private static func bytes(_ number: Int32) -> [UInt8] { withUnsafeBytes(of: number) { Array($0) } }

    private func numericOption(_ descriptor: Descriptor, _ level: Int32, _ name: Int32) throws(SystemError) -> Int32 {
        let configuration = descriptor.socket.flatMap { stack.configuration(of: $0) } ?? descriptor.configuration
        switch (level, name) {
        case (SOL_SOCKET, SO_ERROR): return takeError(descriptor) ?? 0
        case (SOL_SOCKET, SO_TYPE): return Int32(SOCK_STREAM.rawValue)
        case (SOL_SOCKET, SO_ACCEPTCONN):
            if case .listener = descriptor.kind { return 1 }
            return 0
        case (SOL_SOCKET, SO_RCVBUF): return receiveBuffer(descriptor)
        case (SOL_SOCKET, SO_SNDBUF): return descriptor.sendBuffer
        case (SOL_SOCKET, SO_KEEPALIVE): return configuration.keepsAlive ? 1 : 0
        case (Int32(IPPROTO_TCP), TCP_NODELAY): return configuration.noDelay ? 1 : 0
        case (Int32(IPPROTO_TCP), TCP_MAXSEG):
            return Int32(descriptor.socket.flatMap { stack.status(of: $0) }?.segmentSize ?? 536)
        case (Int32(IPPROTO_TCP), TCP_KEEPIDLE): return Int32(configuration.keepAliveIdle / 1_000_000)
        case (Int32(IPPROTO_TCP), TCP_KEEPINTVL): return Int32(configuration.keepAliveInterval / 1_000_000)
        case (Int32(IPPROTO_TCP), TCP_KEEPCNT): return Int32(configuration.keepAliveCount)
        case (Int32(IPPROTO_TCP), 18): return Int32((configuration.userTimeout ?? 0) / 1000)  // TCP_USER_TIMEOUT
        default: return descriptor.plainOptions[.init(level: level, name: name)] ?? 0
        }
    }

    /// FreeBSD makes the buffer whole segments once the MSS is known (tcp_mss).
    private func receiveBuffer(_ descriptor: Descriptor) -> Int32 {
        guard flags.profile == .freeBSD, case .connection(let socket) = descriptor.kind,
            let status = stack.status(of: socket), status.initialReceive != status.receiveNext
        else { return descriptor.receiveBuffer }
        let size = Int32(status.segmentSize + (status.sendsTimestamps ? 12 : 0))
        return (descriptor.receiveBuffer + size - 1) / size * size
    }

    func setOption(
        _ number: Int32, _ level: Int32, _ name: Int32, _ value: UnsafeRawBufferPointer
    ) throws(SystemError) {
        let descriptor = try descriptor(number)
        guard value.count >= 4 else { throw SystemError(EINVAL) }
        let first = value.loadUnaligned(as: Int32.self)
        switch (level, name) {
        case (SOL_SOCKET, SO_LINGER):
            guard value.count >= 8 else { throw SystemError(EINVAL) }
            let seconds = value.loadUnaligned(fromByteOffset: 4, as: Int32.self)
            descriptor.linger = first != 0 ? seconds : nil
        case (SOL_SOCKET, SO_RCVBUF):
            descriptor.receiveBuffer = flags.profile == .linux ? max(first * 2, 2304) : first
            let size = flags.profile == .linux ? max(first, 1152) : first
            configure(descriptor) { $0.receiveBufferSize = size }
        case (SOL_SOCKET, SO_SNDBUF):
            descriptor.sendBuffer = flags.profile == .linux ? max(first * 2, 4608) : first
            // Linux doubles the number and counts what it needs itself against it: about a third.
            descriptor.sendBufferLimit =
                flags.profile == .linux ? Int(descriptor.sendBuffer) * 2 / 3 : Int(descriptor.sendBuffer)
            if case .connection(let socket) = descriptor.kind {
                try? stack.setSendBufferSize(descriptor.sendBufferLimit, of: socket)
            }
        case (SOL_SOCKET, SO_KEEPALIVE): configure(descriptor) { $0.keepsAlive = first != 0 }
        case (Int32(IPPROTO_TCP), TCP_NODELAY): configure(descriptor) { $0.noDelay = first != 0 }
        case (Int32(IPPROTO_TCP), TCP_KEEPIDLE):
            configure(descriptor) { $0.keepAliveIdle = Int64(first) * 1_000_000 }
        case (Int32(IPPROTO_TCP), TCP_KEEPINTVL):
            configure(descriptor) { $0.keepAliveInterval = Int64(first) * 1_000_000 }
        case (Int32(IPPROTO_TCP), TCP_KEEPCNT):
            configure(descriptor) { $0.keepAliveCount = UInt8(clamping: first) }
        case (Int32(IPPROTO_TCP), 18):  // TCP_USER_TIMEOUT, milliseconds
            configure(descriptor) { $0.userTimeout = first > 0 ? Int64(first) * 1000 : nil }
        default:
            descriptor.plainOptions[.init(level: level, name: name)] = first
        }
    }

    private func configure(_ descriptor: Descriptor, _ change: (inout Configuration) -> Void) {
        change(&descriptor.configuration)
        guard let socket = descriptor.socket else { return }
        try? stack.configure(socket, at: now, change)
    }

    // MARK: TCP_INFO

    /// struct tcp_info of linux/tcp.h, as far as STATUS knows it.
    private func information(_ descriptor: Descriptor) throws(SystemError) -> [UInt8] {
        // As long as any that a caller knows: what is not known is 0, as an older kernel's would be.
        var bytes = [UInt8](repeating: 0, count: 512)
        func put(_ value: Int, at offset: Int) {
            withUnsafeBytes(of: UInt32(clamping: value)) { bytes.replaceSubrange(offset..<offset + 4, with: $0) }
        }
        guard let socket = descriptor.socket, let state = stack.state(of: socket) else {
            bytes[0] = State.closed.rawValue
            return bytes
        }
        bytes[0] = state.rawValue
        guard let status = stack.status(of: socket) else { return bytes }
        bytes[2] = UInt8(clamping: status.retransmissions)
        bytes[5] = (status.sendsTimestamps ? 1 : 0) | (status.sendsSACK ? 2 : 0)
        if status.sendWindowScale > 0 || status.receiveWindowScale > 0 {
            bytes[5] |= 4
            bytes[6] = status.sendWindowScale | status.receiveWindowScale << 4
        }
        put(Int(status.retransmissionTimeout), at: 8)
        put(status.segmentSize, at: 16)
        let size = max(status.segmentSize, 1)
        put((max(status.sendNext - status.sendUnacknowledged, 0) + size - 1) / size, at: 24)
        put(flags.mtu, at: 60)
        put(Int(status.smoothedRoundTrip ?? 0), at: 68)
        put(status.slowStartThreshold / size, at: 76)
        put(status.congestionWindow / size, at: 80)
        return bytes
    }
}
