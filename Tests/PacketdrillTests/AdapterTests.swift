import Glibc
import Testing

@Suite struct AdapterTests {
    /// A connection from 192.0.2.1:50000, whose next byte is 1, and what the host's next byte is.
    private func accepted(_ adapter: Adapter) throws -> (listener: Int32, socket: Int32, next: UInt32) {
        let listener = adapter.socket()
        #expect(listener >= 0)
        #expect(adapter.setOption(listener, SOL_SOCKET, SO_REUSEADDR, [1]) == 0)
        #expect(adapter.bind(listener, "192.168.0.1", 8080) == 0)
        #expect(adapter.listen(listener, 1) == 0)
        adapter.send(TestPacket(TestPacket.syn, 0))
        let answer = try #require(adapter.next())
        #expect(answer.flags == TestPacket.syn | TestPacket.ack)
        #expect(answer.acknowledgment == 1)
        adapter.send(TestPacket(TestPacket.ack, 1, acknowledging: answer.sequence &+ 1))
        let (socket, port) = adapter.accept(listener)
        #expect(socket >= 0 && socket != listener)
        #expect(port == 50_000)
        return (listener, socket, answer.sequence &+ 1)
    }

    @Test(arguments: ["linux", "freebsd", "rfc"])
    func `a connection lives from SYN to the last ACK`(profile: String) throws {
        let adapter = try Adapter(profile)
        let (listener, socket, next) = try accepted(adapter)

        adapter.send(TestPacket(TestPacket.ack | TestPacket.psh, 1, acknowledging: next, payload: Array("hello".utf8)))
        #expect(adapter.inputOutput(socket, 0x541b) == 5)  // SIOCINQ
        #expect(adapter.read(socket, 100).bytes == Array("hello".utf8))
        #expect(adapter.write(socket, Array("world".utf8)) == 5)
        var data = try #require(adapter.next())
        // An ACK of its own may come first.
        if data.payload.isEmpty { data = try #require(adapter.next()) }
        #expect(data.payload == Array("world".utf8))
        #expect(data.sequence == next)
        #expect(data.acknowledgment == 6)
        #expect(adapter.inputOutput(socket, 0x5411) == 5)  // SIOCOUTQ
        adapter.send(TestPacket(TestPacket.ack, 6, acknowledging: next &+ 5))
        #expect(adapter.inputOutput(socket, 0x5411) == 0)

        adapter.send(TestPacket(TestPacket.fin | TestPacket.ack, 6, acknowledging: next &+ 5))
        #expect(try #require(adapter.next()).acknowledgment == 7)
        #expect(adapter.read(socket, 100).result == 0)
        #expect(adapter.close(socket) == 0)
        let fin = try #require(adapter.next())
        #expect(fin.flags == TestPacket.fin | TestPacket.ack)
        #expect(fin.sequence == next &+ 5)
        adapter.send(TestPacket(TestPacket.ack, 7, acknowledging: next &+ 6))
        #expect(adapter.close(socket) == -Int(EBADF))
        #expect(adapter.close(listener) == 0)
        // Nothing is left that would ever send.
        #expect(adapter.receive().packet.isEmpty)
    }

    @Test func `the clock stands still until somebody sleeps or waits for a packet`() throws {
        let adapter = try Adapter("linux")
        let start = adapter.time()
        #expect(adapter.time() - start < 100)
        adapter.sleep(3_000_000)
        #expect((3_000_000..<3_000_100).contains(adapter.time() - start))

        let socket = adapter.socket()
        #expect(adapter.control(socket, F_SETFL, O_RDWR | O_NONBLOCK) == 0)
        #expect(adapter.control(socket, F_GETFL) == Int(O_RDWR | O_NONBLOCK))
        #expect(adapter.connect(socket, "192.0.2.1", 50_000) == -Int(EINPROGRESS))
        // SYN, and again after 1 s and 2 s more.
        let times = (0..<3).map { _ in adapter.receive().microseconds }
        #expect(times[1] - times[0] == 1_000_000)
        #expect(times[2] - times[1] == 2_000_000)
        #expect(adapter.time() >= times[2])
    }

    @Test func `a refused connection is told once`() throws {
        let adapter = try Adapter("linux")
        let socket = adapter.socket()
        _ = adapter.control(socket, F_SETFL, O_RDWR | O_NONBLOCK)
        #expect(adapter.bind(socket, "192.168.0.1", 8080) == 0)
        #expect(adapter.connect(socket, "192.0.2.1", 50_000) == -Int(EINPROGRESS))
        #expect(adapter.write(socket, [1]) == -Int(EAGAIN))
        #expect(adapter.poll(socket, POLLIN | POLLOUT, 0).count == 0)
        let syn = try #require(adapter.next())
        adapter.send(TestPacket(TestPacket.rst | TestPacket.ack, 0, acknowledging: syn.sequence &+ 1))
        let (count, found) = adapter.poll(socket, POLLIN | POLLOUT, 0)
        #expect(count == 1)
        #expect(found & POLLERR != 0)
        #expect(adapter.option(socket, SOL_SOCKET, SO_ERROR) == Int(ECONNREFUSED))
        #expect(adapter.option(socket, SOL_SOCKET, SO_ERROR) == 0)
        #expect(adapter.close(socket) == 0)
    }

    @Test func `a blocking call waits for what another thread brings, at that very time`() throws {
        let adapter = try Adapter("linux")
        let (_, socket, next) = try accepted(adapter)
        let start = adapter.time()
        nonisolated(unsafe) let shared = adapter
        nonisolated(unsafe) var outcome: (bytes: [UInt8], time: Int)?
        let reader = Thread {
            let bytes = shared.read(socket, 100).bytes
            // As packetdrill does: until then the clock stands still.
            outcome = (bytes, shared.time())
        }
        // Asleep in the call, or the packet is there before it: both are right.
        adapter.sleep(250_000)
        adapter.send(TestPacket(TestPacket.ack, 1, acknowledging: next, payload: [9]))
        adapter.sleep(750_000)
        reader.join()
        #expect(outcome?.bytes == [9])
        #expect((outcome?.time ?? 0) - start >= 250_000)
        #expect(adapter.time() - start >= 1_000_000)
    }

    @Test func `the thread of the script that waits for nothing gets an error, not a hang`() throws {
        let adapter = try Adapter("linux")
        let (listener, socket, _) = try accepted(adapter)
        #expect(adapter.accept(listener).descriptor == -EDEADLK)
        #expect(adapter.read(socket, 1).result == -Int(EDEADLK))
        let before = adapter.time()
        #expect(adapter.poll(socket, POLLIN, 500).count == 0)
        #expect(adapter.time() - before >= 500_000)
    }

    @Test func `SO_LINGER with no time resets`() throws {
        let adapter = try Adapter("linux")
        let (_, socket, next) = try accepted(adapter)
        #expect(adapter.setOption(socket, SOL_SOCKET, SO_LINGER, [1, 0]) == 0)
        #expect(adapter.close(socket) == 0)
        let reset = try #require(adapter.next())
        #expect(reset.flags & TestPacket.rst != 0)
        #expect(reset.sequence == next)
    }

    @Test func `after shutdown nothing is sent, and the peer is still heard`() throws {
        let adapter = try Adapter("linux")
        let (_, socket, next) = try accepted(adapter)
        #expect(adapter.shutdown(socket, SHUT_WR) == 0)
        #expect(try #require(adapter.next()).flags == TestPacket.fin | TestPacket.ack)
        #expect(adapter.write(socket, [1]) == -Int(EPIPE))
        adapter.send(TestPacket(TestPacket.ack, 1, acknowledging: next &+ 1, payload: [4]))
        #expect(adapter.read(socket, 10).bytes == [4])
    }

    @Test func `settings come from a file that grows, as sysctl writes it`() throws {
        let path = "/tmp/linger-packetdrill-\(getpid())"
        let file = try #require(fopen(path, "w"))
        defer { unlink(path) }
        let adapter = try Adapter("freebsd,settings=\(path)")
        #expect(adapter.option(adapter.socket(), SOL_SOCKET, SO_RCVBUF) == 65_536)
        fputs("net.inet.tcp.recvspace=32768\nnet.inet.tcp.blackhole=2\nnet.inet.tcp.sen", file)
        fclose(file)
        let socket = adapter.socket()
        #expect(adapter.option(socket, SOL_SOCKET, SO_RCVBUF) == 32_768)
        // Nobody listens, and a black hole says nothing.
        adapter.send(TestPacket(TestPacket.syn, 0))
        #expect(adapter.receive().packet.isEmpty)
    }

    @Test func `calls that cannot be are refused as the kernel refuses them`() throws {
        let adapter = try Adapter("linux")
        #expect(adapter.socket(AF_UNIX) == -EAFNOSUPPORT)
        #expect(adapter.close(99) == -Int(EBADF))
        let socket = adapter.socket()
        #expect(adapter.listen(socket, 1) == -Int(EDESTADDRREQ))
        #expect(adapter.accept(socket).descriptor == -EINVAL)
        #expect(adapter.read(socket, 1).result == -Int(ENOTCONN))
        #expect(adapter.shutdown(socket, SHUT_WR) == -Int(ENOTCONN))
        #expect(adapter.bind(socket, "192.168.0.1", 8080) == 0)
        #expect(adapter.bind(socket, "192.168.0.1", 8081) == -Int(EINVAL))
    }
}

/// A thread of its own: the adapter tells threads apart.
final class Thread {
    private var handle = pthread_t()

    init(_ body: @escaping () -> Void) {
        let context = Unmanaged.passRetained(body as AnyObject).toOpaque()
        pthread_create(
            &handle, nil,
            { context in
                guard let context else { return nil }
                let body = Unmanaged<AnyObject>.fromOpaque(context).takeRetainedValue() as? () -> Void
                body?()
                return nil
            }, context)
    }

    func join() { pthread_join(handle, nil) }
}
