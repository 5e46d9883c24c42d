import Glibc
import Sockets
import TCP
import Testing

@testable import Kernel

/// On real sockets of this process, in a namespace that the test makes.
@Suite("the iterators' programs")
struct IteratorProgramTests {
    /// Connections over loopback in one process: most established, some never accepted, some closed by one end.
    private final class Crowd {
        private var descriptors: [Int32] = []

        init(_ count: Int) throws {
            let listener = try Self.socket()
            descriptors.append(listener)
            let isListening = Self.withAddress { bind(listener, $0, $1) } == 0 && listen(listener, 4096) == 0
            try #require(isListening)
            for number in 0..<count {
                let client = try Self.socket()
                descriptors.append(client)
                try #require(Self.withAddress { connect(client, $0, $1) } == 0)
                // The queue hands out the first: so the last ones are never accepted.
                if number >= count * 9 / 10 { continue }
                descriptors.append(accept(listener, nil, nil))
                if number % 10 == 1 { shutdown(client, Int32(SHUT_WR)) }
                if number % 10 == 2 {
                    for descriptor in descriptors.suffix(2) { close(descriptor) }
                    descriptors.removeLast(2)
                }
            }
            try #require(descriptors.allSatisfy { $0 >= 0 })
        }

        deinit { for descriptor in descriptors { close(descriptor) } }

        var count: Int { descriptors.count }

        private static func socket() throws -> Int32 {
            let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            try #require(descriptor >= 0)
            return descriptor
        }

        private static func withAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = UInt16(7000).bigEndian
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            return withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
    }

    private struct Seen: Sendable {
        var readsAhead: [Bool] = []
        var sockets: [String] = []
        var descriptors: [SocketDescriptor] = []
        var counts: DescriptorCount?
    }

    private static func look(readsAhead: Bool) throws -> Seen {
        var seen = Seen()
        let sockets = try IteratorProgram(.sockets(states: .all, ipv4: true, ipv6: true), readsAhead: readsAhead)
        seen.readsAhead.append(sockets.readsAhead)
        try sockets.read { bytes in
            for one in SocketRecordDecoder(namespace: 0, hertz: 250).decode(bytes.bytes) {
                // What time changes is left out.
                seen.sockets.append(
                    "\(one.cookie) \(one.inode) \(one.state) \(one.local) \(one.remote) \(String(describing: one.uid)) "
                        + "\(one.receiveQueue) \(one.sendQueue) \(one.memory) \(one.holding) \(one.timer.kind)")
            }
        }
        let descriptors = try IteratorProgram(.descriptors(nested: false), readsAhead: readsAhead)
        seen.readsAhead.append(descriptors.readsAhead)
        var listing = DescriptorListing()
        try descriptors.read { listing.consume($0.bytes) }
        seen.descriptors = listing.descriptors.filter { $0.pid == getpid() && $0.cookie != 0 }
        seen.counts = listing.counts[getpid()]
        return seen
    }

    @Test("the programs that read ahead see what the others see, of hundreds of sockets in many states")
    func ahead() throws {
        let (plain, ahead, descriptors) = try Worker {
            Result {
                _ = try MadeNamespace()
                try LinkSocket().setUp("lo")
                let crowd = try Crowd(600)
                var plain = try Self.look(readsAhead: false)
                // The last segments of those that were closed may still be on their way, and nothing tells when they are through.
                for _ in 0..<100 where plain.sockets.count != crowd.count + 60 + 54 {
                    usleep(50_000)
                    plain = try Self.look(readsAhead: false)
                }
                return (plain, try Self.look(readsAhead: true), crowd.count)
            }
        }.join().get()
        #expect(plain.readsAhead == [false, false])
        // On a kernel that has bpf_rdonly_cast they must load: a silent way back would make every look slower.
        #expect(ahead.readsAhead == (HostFacts.kernelIsAtLeast(6, 2) ? [true, true] : [false, false]))
        #expect(plain.sockets.count == descriptors + 60 + 54, "with 60 never accepted and 54 in TIME_WAIT")
        #expect(ahead.sockets.sorted() == plain.sockets.sorted())
        // Other tests of this process open and close descriptors meanwhile: those of the crowd are compared.
        let cookies = Set(plain.sockets.compactMap { $0.split(separator: " ").first.flatMap { UInt64($0) } })
        let held = plain.descriptors.filter { cookies.contains($0.cookie) }
        #expect(held.count == descriptors)
        #expect(Set(ahead.descriptors.filter { cookies.contains($0.cookie) }) == Set(held))
        #expect(try #require(ahead.counts).sockets >= UInt32(descriptors))
    }

    @Test(
        "a release is compared by its first two numbers",
        arguments: [
            ("6.2.0", true), ("6.10.1", true), ("6.18.5-amd64", true), ("7.0-rc1", true), ("6.2-rc3", true),
            ("6.1.0-13-amd64", false), ("5.14.0-427.el9", false), ("6", false), ("", false), ("six.two", false),
        ])
    func release(text: String, isAtLeast: Bool) {
        #expect(HostFacts.isRelease(text, atLeast: (6, 2)) == isAtLeast)
    }
}
