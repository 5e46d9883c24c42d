import CPacketdrill
import Glibc
import Synchronization

/// The host that packetdrill has made; there is one at a time.
let currentHost = Mutex<Host?>(nil)

/// `%{ assert tcpi_state == … }%` in a script makes packetdrill call getsockopt(2) by itself, past the interface. With the
/// library in LD_PRELOAD too that comes here: for the host's descriptors it answers, everything else goes to the kernel.
@_cdecl("getsockopt")
public func getsockopt(
    _ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: UnsafeMutableRawPointer?,
    _ length: UnsafeMutablePointer<UInt32>?
) -> Int32 {
    let host = currentHost.withLock { $0 }
    guard let host, let value, let length, host.owns(descriptor) else {
        return linger_kernel_getsockopt(descriptor, level, name, value, length)
    }
    do {
        let bytes = try host.call { () throws(SystemError) in try host.option(descriptor, level, name) }
        // TCP_CC_INFO, SO_MEMINFO: lists whose numbers nothing here keeps.
        let isList = level == Int32(IPPROTO_TCP) && name == 26 || level == SOL_SOCKET && name == 55
        let count = isList ? Int(length.pointee) : min(bytes.count, Int(length.pointee))
        let target = UnsafeMutableRawBufferPointer(start: value, count: count)
        if isList {
            target.initializeMemory(as: UInt8.self, repeating: 0)
        } else {
            target.copyBytes(from: bytes[..<count])
        }
        length.pointee = UInt32(count)
        return 0
    } catch {
        errno = error.code
        return -1
    }
}
