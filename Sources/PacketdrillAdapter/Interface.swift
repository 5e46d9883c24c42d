public import CPacketdrill
import Glibc
import Synchronization
import TCP

/// What packetdrill looks up in the library and calls first.
@_cdecl("packetdrill_interface_init")
public func packetdrillInterfaceInit(
    _ text: UnsafePointer<CChar>?, _ interface: UnsafeMutablePointer<linger_packetdrill>
) {
    let flags = Flags(text.map { String(cString: $0) } ?? "")
    if !flags.unknown.isEmpty {
        let words = flags.unknown.joined(separator: ", ")
        complain(
            "--so_flags: nothing is known as \(words); there are linux, freebsd, rfc, mtu=, settings=, sockets=, local4="
                + " and local6=")
    }
    let host = Host(flags)
    currentHost.withLock { $0 = host }
    interface.pointee.userdata = Unmanaged.passRetained(host).toOpaque()
    interface.pointee.release = { userdata in
        guard let userdata else { return }
        currentHost.withLock { $0 = nil }
        Unmanaged<Host>.fromOpaque(userdata).release()
    }
    setSocketCalls(&interface.pointee)
    setDataCalls(&interface.pointee)
    setOptionCalls(&interface.pointee)
    setNetworkCalls(&interface.pointee)
}

/// A line for who runs the script.
private func complain(_ text: String) {
    var line = "linger: \(text)\n"
    line.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
}

/// Runs a call on the host behind `userdata`; -1 and `errno` when it fails.
func answer<Value: FixedWidthInteger>(
    _ userdata: UnsafeMutableRawPointer?, _ body: (Host) throws(SystemError) -> Value
) -> Value {
    guard let userdata else {
        errno = EFAULT
        return -1
    }
    let host = Unmanaged<Host>.fromOpaque(userdata).takeUnretainedValue()
    do {
        return try host.call { () throws(SystemError) in try body(host) }
    } catch {
        errno = error.code
        return -1
    }
}

private func setSocketCalls(_ interface: inout linger_packetdrill) {
    interface.socket = { userdata, domain, type, protocolNumber in
        answer(userdata) { host throws(SystemError) in try host.socket(domain, type, protocolNumber) }
    }
    interface.bind = { userdata, descriptor, address, length in
        answer(userdata) { host throws(SystemError) in
            try host.bind(descriptor, SocketAddress.read(address, length))
            return 0
        }
    }
    interface.listen = { userdata, descriptor, backlog in
        answer(userdata) { host throws(SystemError) in
            try host.listen(descriptor, backlog)
            return 0
        }
    }
    interface.accept = { userdata, descriptor, address, length in
        answer(userdata) { host throws(SystemError) in
            let (number, remote, isV6) = try host.accept(descriptor)
            SocketAddress.write(remote, isV6: isV6, to: address, length)
            return number
        }
    }
    interface.connect = { userdata, descriptor, address, length in
        answer(userdata) { host throws(SystemError) in
            if let address, Int32(address.pointee.sa_family) == AF_UNSPEC {
                try host.disconnect(descriptor)
            } else {
                try host.connect(descriptor, SocketAddress.read(address, length))
            }
            return 0
        }
    }
    interface.shutdown = { userdata, descriptor, how in
        answer(userdata) { host throws(SystemError) in
            try host.shutdown(descriptor, how)
            return 0
        }
    }
    interface.close = { userdata, descriptor in
        answer(userdata) { host throws(SystemError) in
            try host.closeDescriptor(descriptor)
            return 0
        }
    }
}

private func setOptionCalls(_ interface: inout linger_packetdrill) {
    linger_set_variadic(
        &interface,
        { userdata, descriptor, command, argument in
            answer(userdata) { host throws(SystemError) in try host.control(descriptor, command, argument) }
        },
        { userdata, descriptor, request, argument in
            answer(userdata) { host throws(SystemError) in
                try host.inputOutput(descriptor, request, argument?.assumingMemoryBound(to: Int32.self))
                return 0
            }
        })
    interface.getsockopt = { userdata, descriptor, level, name, value, length in
        answer(userdata) { host throws(SystemError) in
            guard let value, let length else { throw SystemError(EFAULT) }
            let bytes = try host.option(descriptor, level, name)
            let count = min(bytes.count, Int(length.pointee))
            bytes.withUnsafeBytes {
                value.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(value), byteCount: count)
            }
            length.pointee = socklen_t(count)
            return 0
        }
    }
    interface.setsockopt = { userdata, descriptor, level, name, value, length in
        answer(userdata) { host throws(SystemError) in
            guard let value else { throw SystemError(EFAULT) }
            try host.setOption(descriptor, level, name, UnsafeRawBufferPointer(start: value, count: Int(length)))
            return 0
        }
    }
    interface.poll = { userdata, entries, count, milliseconds in
        answer(userdata) { host throws(SystemError) in
            try host.poll(UnsafeMutableBufferPointer(start: entries, count: Int(count)), milliseconds)
        }
    }
    interface.epoll_create = { userdata, _ in
        answer(userdata) { host throws(SystemError) in try host.epollCreate() }
    }
    interface.epoll_ctl = { userdata, set, operation, descriptor, event in
        answer(userdata) { host throws(SystemError) in
            try host.epollControl(set, operation, descriptor, event?.pointee)
            return 0
        }
    }
    interface.epoll_wait = { userdata, set, events, room, milliseconds in
        answer(userdata) { host throws(SystemError) in
            guard room > 0 else { throw SystemError(EINVAL) }
            return try host.epollWait(
                set, UnsafeMutableBufferPointer(start: events, count: Int(room)), milliseconds)
        }
    }
    // Not there: pipes and splice are no matter of TCP.
    interface.pipe = { userdata, _ in
        answer(userdata) { _ throws(SystemError) -> Int32 in throw SystemError(ENOSYS) }
    }
    interface.splice = { userdata, _, _, _, _, _, _ in
        answer(userdata) { _ throws(SystemError) -> Int32 in throw SystemError(ENOSYS) }
    }
}

private func setNetworkCalls(_ interface: inout linger_packetdrill) {
    interface.netdev_send = { userdata, packet, count in
        answer(userdata) { host throws(SystemError) in
            guard let packet else { throw SystemError(EFAULT) }
            host.arrive(UnsafeRawBufferPointer(start: packet, count: count))
            return 0
        }
    }
    interface.netdev_receive = { userdata, buffer, count, time in
        answer(userdata) { host throws(SystemError) in
            guard let buffer, let count, let time else { throw SystemError(EFAULT) }
            // No packet will ever come: packetdrill takes an empty one for a broken one, and tells the script's line.
            guard let packet = host.nextPacket() else {
                complain("the script waits for a packet, and the host has none to send and no timer running")
                count.pointee = 0
                return 0
            }
            guard packet.bytes.count <= count.pointee else { throw SystemError(EMSGSIZE) }
            packet.bytes.withUnsafeBytes {
                buffer.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(buffer), byteCount: $0.count)
            }
            count.pointee = packet.bytes.count
            time.pointee = packet.time.microseconds
            return 0
        }
    }
    interface.usleep = { userdata, microseconds in
        answer(userdata) { host throws(SystemError) in
            host.run(until: host.now + Int64(microseconds))
            return 0
        }
    }
    interface.gettimeofday = { userdata, time, _ in
        answer(userdata) { host throws(SystemError) in
            let now = host.look()
            time?.pointee = timeval(
                tv_sec: Int(now.microseconds / 1_000_000), tv_usec: Int(now.microseconds % 1_000_000))
            return 0
        }
    }
}
