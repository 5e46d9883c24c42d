import CPacketdrill
import Glibc

// The many forms of reading and writing, each a list of buffers.
func setDataCalls(_ interface: inout linger_packetdrill) {
    interface.read = { userdata, descriptor, bytes, count in
        receive(userdata, descriptor, [UnsafeMutableRawBufferPointer(start: bytes, count: count)], 0)
    }
    interface.readv = { userdata, descriptor, vector, count in
        receive(userdata, descriptor, buffers(vector, Int(count)), 0)
    }
    interface.recv = { userdata, descriptor, bytes, count, flags in
        receive(userdata, descriptor, [UnsafeMutableRawBufferPointer(start: bytes, count: count)], flags)
    }
    // A stream does not tell where its bytes come from.
    interface.recvfrom = { userdata, descriptor, bytes, count, flags, _, length in
        length?.pointee = 0
        return receive(userdata, descriptor, [UnsafeMutableRawBufferPointer(start: bytes, count: count)], flags)
    }
    interface.recvmsg = { userdata, descriptor, message, flags in
        guard let message else { return fault() }
        message.pointee.msg_controllen = 0
        message.pointee.msg_namelen = 0
        message.pointee.msg_flags = 0
        return receive(userdata, descriptor, buffers(message.pointee.msg_iov, message.pointee.msg_iovlen), flags)
    }
    interface.write = { userdata, descriptor, bytes, count in
        send(userdata, descriptor, [UnsafeRawBufferPointer(start: bytes, count: count)], 0)
    }
    interface.writev = { userdata, descriptor, vector, count in
        send(userdata, descriptor, buffers(vector, Int(count)).map { UnsafeRawBufferPointer($0) }, 0)
    }
    interface.send = { userdata, descriptor, bytes, count, flags in
        send(userdata, descriptor, [UnsafeRawBufferPointer(start: bytes, count: count)], flags)
    }
    // On a stream the address is not looked at.
    interface.sendto = { userdata, descriptor, bytes, count, flags, _, _ in
        send(userdata, descriptor, [UnsafeRawBufferPointer(start: bytes, count: count)], flags)
    }
    interface.sendmsg = { userdata, descriptor, message, flags in
        guard let message else { return fault() }
        let list = buffers(message.pointee.msg_iov, message.pointee.msg_iovlen)
        return send(userdata, descriptor, list.map { UnsafeRawBufferPointer($0) }, flags)
    }
}

private func receive(
    _ userdata: UnsafeMutableRawPointer?, _ descriptor: Int32, _ buffers: [UnsafeMutableRawBufferPointer],
    _ flags: Int32
) -> Int {
    answer(userdata) { host throws(SystemError) in try host.receive(descriptor, into: buffers, flags: flags) }
}

private func send(
    _ userdata: UnsafeMutableRawPointer?, _ descriptor: Int32, _ buffers: [UnsafeRawBufferPointer], _ flags: Int32
) -> Int {
    answer(userdata) { host throws(SystemError) in try host.send(descriptor, buffers, flags: flags) }
}

private func buffers(_ vector: UnsafePointer<iovec>?, _ count: Int) -> [UnsafeMutableRawBufferPointer] {
    UnsafeBufferPointer(start: vector, count: count).map {
        UnsafeMutableRawBufferPointer(start: $0.iov_base, count: $0.iov_len)
    }
}

private func fault() -> Int {
    errno = EFAULT
    return -1
}
