import Glibc
import Sockets
import TCP
import Testing

@testable import Kernel

/// On real sockets of this process, in a namespace that the test makes.
@Suite("what still stands of connections that nobody was found to hold")
struct UnheldCheckTests {
    /// Both ends of a connection over loopback, and the listener.
    private struct Pair: ~Copyable {
        let descriptors: [Int32]

        /// - Parameters:
        ///   - number: the protocol: 6 for TCP, 262 for MPTCP.
        ///   - device: the interface that the client is bound to (SO_BINDTODEVICE).
        init(protocol number: Int32, boundTo device: String? = nil) throws {
            let stream = Int32(SOCK_STREAM.rawValue)
            let (listener, client) = (socket(AF_INET, stream, number), socket(AF_INET, stream, number))
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = UInt16(7000).bigEndian
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var isMade = listener >= 0 && client >= 0
            if let device { isMade = isMade && setsockopt(client, SOL_SOCKET, SO_BINDTODEVICE, device, 2) == 0 }
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
                    isMade = isMade && bind(listener, address, size) == 0 && listen(listener, 4) == 0
                    isMade = isMade && connect(client, address, size) == 0
                }
            }
            descriptors = [listener, client, accept(listener, nil, nil)]
            try #require(isMade && descriptors.allSatisfy { $0 >= 0 })
        }

        deinit { for descriptor in descriptors { close(descriptor) } }
    }

    /// In a namespace of its own: what the dump lists, and of that what is gone after `change`.
    /// - Parameter wanted: so many will be gone, by and by: the kernel ends some on its own threads.
    private func check(
        protocol number: Int32, boundTo device: String? = nil, forgets inode: Bool = false, wanted: Int = 0,
        after change: @escaping @Sendable ([Int32]) -> Void
    ) throws -> (asked: [Connection], gone: Set<UInt64>) {
        try Worker {
            Result {
                let made = try MadeNamespace()
                try LinkSocket().setUp("lo")
                let pair = try Pair(protocol: number, boundTo: device)
                var asked: [Connection] = []
                for transport in [SockDiagRequest.Transport.tcp, .mptcp] {
                    var decoder = SockDiagDecoder(namespace: 0, transport: transport)
                    var socket = try SockDiagSocket()
                    try socket.dump(SockDiagRequest(family: .ipv4, transport: transport, states: .connected)) {
                        decoder.consume($0.bytes)
                    }
                    asked += decoder.connections
                }
                if inode { for index in asked.indices { asked[index].inode = 0 } }
                change(pair.descriptors)
                let here = NetworkNamespace(
                    inode: UInt32(truncatingIfNeeded: made.inode), name: nil, isOwn: true, pid: nil)
                let check = UnheldCheck(inputs: Inputs(mode: .live))
                var gone = check.gone(asked) { _ in (here, []) }
                for _ in 0..<200 where gone.count < wanted {
                    // A work queue of the kernel ends MPTCP's sockets, and tells nobody: there is nothing to wait on.
                    usleep(50_000)
                    gone = check.gone(asked) { _ in (here, []) }
                }
                return (asked, gone)
            }
        }.join().get()
    }

    @Test("what stands is not gone, whatever it is bound to", arguments: [nil, "lo"])
    func standing(device: String?) throws {
        let seen = try check(protocol: 6, boundTo: device) { _ in }
        #expect(seen.asked.map(\.state) == [.established, .established])
        #expect(seen.gone.isEmpty)
    }

    @Test("what the iterator listed without an inode stands too (before Linux 6.18)")
    func withoutInode() throws {
        #expect(try check(protocol: 6, forgets: true) { _ in }.gone.isEmpty)
    }

    @Test("what was reset is gone, and so is what was closed and has no descriptor any more")
    func closed() throws {
        let reset = try check(protocol: 6, wanted: 2) { descriptors in
            var now = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptors[1], SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
            dup2(descriptors[0], descriptors[1])
        }
        #expect(reset.gone.count == 2, "\(reset)")
        let orphaned = try check(protocol: 6, wanted: 1) { descriptors in dup2(descriptors[0], descriptors[1]) }
        #expect(orphaned.gone.count == 1, "the other end waits for its own close: \(orphaned)")
    }

    @Test("MPTCP: what stands, and what was closed")
    func multipath() throws {
        let standing = try check(protocol: 262) { _ in }
        #expect(standing.asked.count { $0.transport == .mptcp } == 2)
        #expect(standing.asked.count { $0.transport == .subflow } == 2)
        #expect(standing.gone.isEmpty)
        let closed = try check(protocol: 262, wanted: 4) { descriptors in
            dup2(descriptors[0], descriptors[1])
            dup2(descriptors[0], descriptors[2])
        }
        #expect(closed.asked.count == 4)
        #expect(closed.gone.count == 4, "\(closed)")
    }
}
