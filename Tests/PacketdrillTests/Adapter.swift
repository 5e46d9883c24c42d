import CPacketdrill
import Glibc
import Testing

/// The library that packetdrill loads, loaded as packetdrill does it.
final class Adapter {
    private(set) var interface = linger_packetdrill()

    init(_ flags: String) throws {
        // Beside the tests; where that is only the process knows.
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        let executable = String(decoding: path[..<max(count, 0)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let folder = executable.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
            separator: "/")
        let library = try #require(
            dlopen(folder + "/libPacketdrillAdapter.so", RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND),
            "\(dlerror().map { String(cString: $0) } ?? "")")
        let symbol = try #require(dlsym(library, "packetdrill_interface_init"))
        typealias Initialize = @convention(c) (UnsafePointer<CChar>?, UnsafeMutablePointer<linger_packetdrill>) -> Void
        unsafeBitCast(symbol, to: Initialize.self)(flags, &interface)
    }

    deinit { interface.release(interface.userdata) }

    // MARK: calls, with their errno in place of -1

    private func answer(_ result: Int) -> Int { result < 0 ? -Int(errno) : result }

    func socket(_ domain: Int32 = AF_INET) -> Int32 {
        Int32(
            answer(Int(interface.socket(interface.userdata, domain, Int32(SOCK_STREAM.rawValue), Int32(IPPROTO_TCP)))))
    }

    private func withAddress(_ text: String, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32)
        -> Int
    {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, text, &address.sin_addr)
        return withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                answer(Int(body($0, socklen_t(MemoryLayout<sockaddr_in>.size))))
            }
        }
    }

    func bind(_ descriptor: Int32, _ address: String, _ port: UInt16) -> Int {
        withAddress(address, port) { interface.bind(interface.userdata, descriptor, $0, $1) }
    }
    func connect(_ descriptor: Int32, _ address: String, _ port: UInt16) -> Int {
        withAddress(address, port) { interface.connect(interface.userdata, descriptor, $0, $1) }
    }
    func listen(_ descriptor: Int32, _ backlog: Int32) -> Int {
        answer(Int(interface.listen(interface.userdata, descriptor, backlog)))
    }
    /// The peer's port in place of its address.
    func accept(_ descriptor: Int32) -> (descriptor: Int32, port: UInt16) {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                answer(Int(interface.accept(interface.userdata, descriptor, $0, &length)))
            }
        }
        return (Int32(result), UInt16(bigEndian: address.sin_port))
    }
    func read(_ descriptor: Int32, _ room: Int) -> (result: Int, bytes: [UInt8]) {
        var bytes = [UInt8](repeating: 0, count: room)
        let result = answer(interface.read(interface.userdata, descriptor, &bytes, room))
        return (result, Array(bytes[..<max(result, 0)]))
    }
    func write(_ descriptor: Int32, _ bytes: [UInt8]) -> Int {
        answer(interface.write(interface.userdata, descriptor, bytes, bytes.count))
    }
    func shutdown(_ descriptor: Int32, _ how: Int) -> Int {
        answer(Int(interface.shutdown(interface.userdata, descriptor, Int32(how))))
    }
    func close(_ descriptor: Int32) -> Int { answer(Int(interface.close(interface.userdata, descriptor))) }
    func control(_ descriptor: Int32, _ command: Int32, _ argument: Int32 = 0) -> Int {
        withUnsafePointer(to: interface) { answer(Int(linger_call_fcntl($0, descriptor, command, argument))) }
    }
    /// The number that the request fills in, or -errno.
    func inputOutput(_ descriptor: Int32, _ request: UInt) -> Int {
        var value: Int32 = -1
        let result = withUnsafePointer(to: interface) {
            answer(Int(linger_call_ioctl($0, descriptor, request, &value)))
        }
        return result < 0 ? result : Int(value)
    }
    func option(_ descriptor: Int32, _ level: Int32, _ name: Int32) -> Int {
        var value: Int32 = -1
        var length = socklen_t(4)
        let result = answer(Int(interface.getsockopt(interface.userdata, descriptor, level, name, &value, &length)))
        return result < 0 ? result : Int(value)
    }
    func setOption(_ descriptor: Int32, _ level: Int32, _ name: Int32, _ values: [Int32]) -> Int {
        answer(
            Int(interface.setsockopt(interface.userdata, descriptor, level, name, values, socklen_t(4 * values.count))))
    }
    func poll(_ descriptor: Int32, _ events: Int32, _ milliseconds: Int32) -> (count: Int, found: Int32) {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        let count = answer(Int(interface.poll(interface.userdata, &entry, 1, milliseconds)))
        return (count, Int32(entry.revents))
    }
    func sleep(_ microseconds: UInt32) { _ = interface.usleep(interface.userdata, microseconds) }
    /// Microseconds.
    func time() -> Int {
        var time = timeval()
        _ = interface.gettimeofday(interface.userdata, &time, nil)
        return time.tv_sec * 1_000_000 + time.tv_usec
    }
    func send(_ packet: [UInt8]) -> Int {
        answer(Int(interface.netdev_send(interface.userdata, packet, packet.count)))
    }
    /// Empty: there is none, and will be none.
    func receive() -> (packet: [UInt8], microseconds: Int) {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        var count = bytes.count
        var time: Int64 = 0
        _ = interface.netdev_receive(interface.userdata, &bytes, &count, &time)
        return (Array(bytes[..<count]), Int(time))
    }
}
