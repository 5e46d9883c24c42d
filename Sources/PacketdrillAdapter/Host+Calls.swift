import Glibc
import Lab
import Sockets
import TCP

// socket(2), bind(2), listen(2), accept(2), connect(2), shutdown(2), close(2).
extension Host {
    func descriptor(_ number: Int32) throws(SystemError) -> Descriptor {
        guard let descriptor = descriptors[number] else { throw SystemError(EBADF) }
        return descriptor
    }

    func add(isV6: Bool) throws(SystemError) -> Descriptor {
        let number = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard number >= 0 else { throw SystemError(errno) }
        let descriptor = Descriptor(
            number: number, isV6: isV6, configuration: settings.configuration, receiveBuffer: settings.receiveBuffer,
            sendBuffer: settings.sendBuffer)
        descriptors[number] = descriptor
        return descriptor
    }

    func socket(_ domain: Int32, _ type: Int32, _ protocolNumber: Int32) throws(SystemError) -> Int32 {
        let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard domain == AF_INET || domain == AF_INET6 else { throw SystemError(EAFNOSUPPORT) }
        guard type & ~flags == Int32(SOCK_STREAM.rawValue), protocolNumber == 0 || protocolNumber == Int32(IPPROTO_TCP)
        else { throw SystemError(EPROTONOSUPPORT) }
        let descriptor = try add(isV6: domain == AF_INET6)
        descriptor.isNonBlocking = type & Int32(SOCK_NONBLOCK.rawValue) != 0
        return descriptor.number
    }

    func bind(_ number: Int32, _ local: Endpoint) throws(SystemError) {
        let descriptor = try descriptor(number)
        guard case .fresh = descriptor.kind, descriptor.local == nil else { throw SystemError(EINVAL) }
        descriptor.local = local
    }

    func listen(_ number: Int32, _ backlog: Int32) throws(SystemError) {
        let descriptor = try descriptor(number)
        switch descriptor.kind {
        case .listener: return
        case .connection, .epoll: throw SystemError(EINVAL)
        case .fresh: break
        }
        guard let local = descriptor.local else { throw SystemError(EDESTADDRREQ) }
        let socket = try translated { () throws(StackError) in
            try stack.listen(at: local, backlog: Int(backlog), configuration: descriptor.configuration)
        }
        descriptor.kind = .listener(socket)
        bySocket[socket] = descriptor
    }

    /// - Returns: the new descriptor, and where the peer is.
    func accept(_ number: Int32) throws(SystemError) -> (number: Int32, remote: Endpoint, isV6: Bool) {
        let listening = try descriptor(number)
        guard case .listener(let listener) = listening.kind else { throw SystemError(EINVAL) }
        let socket = try blocking(listening) { () throws(SystemError) in
            try translated { () throws(StackError) in try stack.accept(listener) }
        }
        let descriptor = try add(isV6: listening.isV6)
        descriptor.kind = .connection(socket)
        descriptor.saysConnected = true
        descriptor.error = stack.ending(of: socket)?.code
        descriptor.receiveBuffer = listening.receiveBuffer
        descriptor.sendBuffer = listening.sendBuffer
        descriptor.configuration = listening.configuration
        descriptor.linger = listening.linger
        bySocket[socket] = descriptor
        guard let endpoints = stack.endpoints(of: socket) else { throw SystemError(ECONNABORTED) }
        return (descriptor.number, endpoints.remote, listening.isV6)
    }

    func connect(_ number: Int32, _ remote: Endpoint) throws(SystemError) {
        let descriptor = try descriptor(number)
        switch descriptor.kind {
        case .listener: throw SystemError(EISCONN)
        case .epoll: throw SystemError(ENOTSOCK)
        case .connection(let socket):
            try answerAgain(descriptor, socket)
            return
        case .fresh: break
        }
        if let code = descriptor.error {
            descriptor.error = nil
            throw SystemError(code)
        }
        let local =
            descriptor.local ?? Endpoint(address: flags.address(like: remote.address), port: 0)
        let configuration = descriptor.configuration
        let socket = try translated { () throws(StackError) in
            try stack.connect(from: local, to: remote, configuration: configuration, at: now)
        }
        descriptor.kind = .connection(socket)
        descriptor.isConnecting = true
        bySocket[socket] = descriptor
        try? stack.setSendBufferSize(descriptor.sendBufferLimit, of: socket)
        guard !descriptor.isNonBlocking else { throw SystemError(EINPROGRESS) }
        _ = try wait { () throws(SystemError) in try connected(descriptor, socket) }
    }

    /// connect(2) once more on the same socket.
    private func answerAgain(_ descriptor: Descriptor, _ socket: Stack.Socket) throws(SystemError) {
        guard descriptor.isConnecting else { throw SystemError(EISCONN) }
        guard try connected(descriptor, socket) != nil else { throw SystemError(EALREADY) }
    }

    /// `nil`: not yet.
    private func connected(_ descriptor: Descriptor, _ socket: Stack.Socket) throws(SystemError) -> Bool? {
        if stack.ending(of: socket) != nil {
            descriptor.isConnecting = false
            throw SystemError(takeError(descriptor) ?? ECONNABORTED)
        }
        switch stack.state(of: socket) {
        case .synSent, .synReceived, nil: return nil
        case .established, .finWait1, .finWait2, .timeWait, .closed, .closeWait, .lastAck, .listen, .closing:
            descriptor.isConnecting = false
            descriptor.saysConnected = true
            return true
        }
    }

    /// connect(2) to AF_UNSPEC: the connection is dropped, the socket can be used again.
    func disconnect(_ number: Int32) throws(SystemError) {
        let descriptor = try descriptor(number)
        if let socket = descriptor.socket {
            bySocket[socket] = nil
            try? stack.abort(socket, at: now)
        }
        descriptor.kind = .fresh
        descriptor.error = nil
        descriptor.isConnecting = false
        descriptor.saysConnected = false
    }

    func shutdown(_ number: Int32, _ how: Int32) throws(SystemError) {
        let descriptor = try descriptor(number)
        guard case .connection(let socket) = descriptor.kind else { throw SystemError(ENOTCONN) }
        guard (Int32(SHUT_RD)...Int32(SHUT_RDWR)).contains(how) else { throw SystemError(EINVAL) }
        guard stack.ending(of: socket) == nil, stack.state(of: socket) != .timeWait || flags.profile == .freeBSD else {
            throw SystemError(ENOTCONN)
        }
        try translated { () throws(StackError) in
            if how != Int32(SHUT_WR) { try stack.shutdownReceiving(socket, at: now) }
            if how != Int32(SHUT_RD) { try stack.shutdownSending(socket, at: now) }
        }
    }

    func closeDescriptor(_ number: Int32) throws(SystemError) {
        let descriptor = try descriptor(number)
        descriptors[number] = nil
        Glibc.close(number)
        for case .epoll(var epoll) in descriptors.values.map(\.kind) { epoll.watched[number] = nil }
        guard let socket = descriptor.socket else { return }
        bySocket[socket] = nil
        if descriptor.linger == 0 {
            try? stack.abort(socket, at: now)
        } else {
            try? stack.close(socket, at: now)
        }
    }

    // MARK: for all calls

    func owns(_ number: Int32) -> Bool { (try? call { () throws(SystemError) in try descriptor(number) }) != nil }

    /// The value when there is one, at once or, on a blocking descriptor, after waiting.
    func blocking<Value>(
        _ descriptor: Descriptor, isNonBlocking: Bool = false, _ body: () throws(SystemError) -> Value?
    ) throws(SystemError) -> Value {
        if descriptor.isNonBlocking || isNonBlocking {
            guard let value = try body() else { throw SystemError(EAGAIN) }
            return value
        }
        guard let value = try wait(body) else { throw SystemError(EAGAIN) }
        return value
    }

    func translated<Value>(_ body: () throws(StackError) -> Value) throws(SystemError) -> Value {
        do { return try body() } catch { throw SystemError(error) }
    }

    /// SO_ERROR, which is told once.
    func takeError(_ descriptor: Descriptor) -> Int32? {
        defer { descriptor.error = nil }
        return descriptor.error
    }
}

extension Flags {
    func address(like other: IPAddress) -> IPAddress {
        addresses.first { $0.family == other.family } ?? other
    }
}
