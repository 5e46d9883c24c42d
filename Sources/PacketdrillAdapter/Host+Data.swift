import Glibc
import Lab
import TCP

// read(2), recv(2), write(2), send(2) and their kin: all are one of these two over a list of buffers.
extension Host {
    func receive(_ number: Int32, into buffers: [UnsafeMutableRawBufferPointer], flags: Int32) throws(SystemError)
        -> Int
    {
        let descriptor = try descriptor(number)
        let socket = try connection(descriptor)
        let room = buffers.reduce(0) { $0 + $1.count }
        let isNonBlocking = flags & Int32(MSG_DONTWAIT) != 0
        let peek = flags & Int32(MSG_PEEK) != 0
        guard room > 0 else { return 0 }
        // MSG_WAITALL: all of it, or the end.
        let least = flags & Int32(MSG_WAITALL) != 0 && !peek ? room : 1
        _ = try blocking(descriptor, isNonBlocking: isNonBlocking) { () throws(SystemError) -> Bool? in
            let count = stack.readableCount(of: socket)
            if count >= least || stack.hasPeerClosed(socket) || stack.ending(of: socket) != nil { return true }
            return try canWait(descriptor, socket) ? nil : true
        }
        var total = 0
        for buffer in buffers where !buffer.isEmpty {
            guard let count = try receive(descriptor, socket, buffer, peek), count > 0 else { break }
            total += count
            if count < buffer.count || peek { break }
        }
        return total
    }

    /// Nothing is there: may more come?
    private func canWait(_ descriptor: Descriptor, _ socket: Stack.Socket) throws(SystemError) -> Bool {
        var none = UInt8(0)
        return try withUnsafeMutableBytes(of: &none) { byte throws(SystemError) -> Bool in
            try translated { () throws(StackError) in
                try stack.receive(into: byte, on: socket, peek: true, at: now) == nil
            }
        }
    }

    private func receive(
        _ descriptor: Descriptor, _ socket: Stack.Socket, _ buffer: UnsafeMutableRawBufferPointer, _ peek: Bool
    ) throws(SystemError) -> Int? {
        do {
            return try stack.receive(into: buffer, on: socket, peek: peek, at: now)
        } catch .over {
            // The error is told once; then it is the end of the file.
            guard let code = takeError(descriptor) else { return 0 }
            throw SystemError(code)
        } catch {
            throw SystemError(error)
        }
    }

    func send(_ number: Int32, _ buffers: [UnsafeRawBufferPointer], flags: Int32) throws(SystemError) -> Int {
        let descriptor = try descriptor(number)
        let socket = try connection(descriptor)
        let isNonBlocking = descriptor.isNonBlocking || flags & Int32(MSG_DONTWAIT) != 0
        if descriptor.isConnecting {
            if isNonBlocking, [.synSent, .synReceived].contains(stack.state(of: socket)) { throw SystemError(EAGAIN) }
            _ = try wait { () throws(SystemError) -> Bool? in
                [.synSent, .synReceived].contains(stack.state(of: socket)) ? nil : true
            }
        }
        var total = 0
        for buffer in buffers {
            var rest = buffer
            while !rest.isEmpty {
                let count = try send(descriptor, socket, rest, wait: !isNonBlocking, already: total)
                guard count > 0 else { return total }
                total += count
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
        return total
    }

    /// - Returns: how many bytes went; 0 when no more can and some went before.
    private func send(
        _ descriptor: Descriptor, _ socket: Stack.Socket, _ bytes: UnsafeRawBufferPointer, wait isWaiting: Bool,
        already: Int
    ) throws(SystemError) -> Int {
        do {
            let count = try stack.send(bytes, on: socket, at: now)
            if count > 0 { return count }
            guard isWaiting else {
                if already > 0 { return 0 }
                throw SystemError(EAGAIN)
            }
            takePackets()
            _ = try wait { () throws(SystemError) -> Bool? in
                stack.isWritable(socket) || stack.ending(of: socket) != nil ? true : nil
            }
            return try send(descriptor, socket, bytes, wait: true, already: already)
        } catch let error as StackError {
            if already > 0 { return 0 }
            switch error {
            case .over: throw SystemError(takeError(descriptor) ?? EPIPE)
            default: throw SystemError(error)
            }
        } catch let error as SystemError {
            throw error
        } catch {
            throw SystemError(EIO)
        }
    }

    /// The connection behind a descriptor, for calls that move data.
    func connection(_ descriptor: Descriptor) throws(SystemError) -> Stack.Socket {
        switch descriptor.kind {
        case .connection(let socket): return socket
        case .fresh, .listener: throw SystemError(takeError(descriptor) ?? ENOTCONN)
        case .epoll: throw SystemError(EINVAL)
        }
    }
}
