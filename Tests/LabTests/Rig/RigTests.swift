import Kernel
import Lab
import Sockets
import TCP
import Testing

/// This kernel against the endpoint in user space, over links of all kinds. Each runs in a thread of its own, which
/// enters the namespace, so that the tests' process stays where it is.
@Suite struct RigTests {
    enum Link: String, CaseIterable, Sendable {
        case good, lossy, reordering, duplicating, slow, all

        var devices: DeviceChain {
            switch self {
            case .good: DeviceChain()
            case .lossy: DeviceChain([Loss(0.03, seed: 1)])
            case .reordering: DeviceChain([Reordering(0.1, by: 3000, seed: 2)])
            case .duplicating: DeviceChain([Duplication(0.1, seed: 3)])
            case .slow: DeviceChain([Delay(5000), RateLimit(bytesPerSecond: 2_000_000, queueLimit: 50_000)])
            case .all:
                DeviceChain([
                    Loss(0.02, seed: 4), Duplication(0.05, seed: 5), Reordering(0.05, by: 2000, seed: 6), Delay(500),
                ])
            }
        }
    }

    /// No byte is like those before it in a way that hides a segment in the wrong place.
    private static let data: [UInt8] = {
        var random = SeededGenerator(seed: 42)
        return (0..<200_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    }()

    @Test(arguments: Link.allCases, [IPAddress.Family.ipv4, .ipv6])
    func `data goes both ways whole, and both ends close`(link: Link, family: IPAddress.Family) throws {
        let seen = try inThread { () throws in try Self.exchange(link, family) }
        #expect(seen.atKernel == Self.data)
        #expect(seen.atPeer == Self.data)
        // The peer closed first, when it had received everything.
        #expect(seen.peerStates.last == .timeWait)
        #expect(seen.peerStates.starts(with: [.synSent, .established]))
    }

    private struct Seen: Sendable {
        var atKernel: [UInt8] = []
        var atPeer: [UInt8] = []
        var peerStates: [State] = []
    }

    private static func exchange(_ link: Link, _ family: IPAddress.Family) throws -> Seen {
        let rig = try Rig(family)
        rig.devices = link.devices
        var seen = Seen()
        rig.onEvent = { event in if case .state(let state) = event.kind { seen.peerStates.append(state) } }
        let listener = try LabSocket(family)
        try listener.bind(to: rig.endpoint(.kernel, 8080))
        try listener.listen(backlog: 1)
        let peer = try rig.stack.connect(to: rig.endpoint(.kernel, 8080), at: rig.now)
        var socket: LabSocket?
        var (sentByKernel, sentByPeer) = (0, 0)
        var isKernelDone = false
        var buffer = [UInt8](repeating: 0, count: 1 << 16)

        func turn() throws -> Bool {
            if socket == nil { socket = try listener.accept() }
            guard let socket else { return false }
            if sentByKernel < data.count { sentByKernel += try socket.send(Array(data[sentByKernel...])) }
            while let bytes = try socket.receive(), !bytes.isEmpty { seen.atKernel += bytes }
            if rig.stack.state(of: peer) == .established, sentByPeer < data.count {
                sentByPeer += try data[sentByPeer...].withUnsafeBytes { try rig.stack.send($0, on: peer, at: rig.now) }
            }
            while rig.stack.state(of: peer) != .synSent,
                let count = try buffer.withUnsafeMutableBytes({
                    try rig.stack.receive(into: $0, on: peer, at: rig.now)
                }), count > 0
            {
                seen.atPeer += buffer[..<count]
            }
            return seen.atPeer.count >= data.count && seen.atKernel.count >= data.count
        }

        var failure: (any Error)?
        func run(until isDone: () throws -> Bool) throws {
            // An error must not be lost in the loop's own kind of errors. The time is a safeguard against a hang.
            let whole = try rig.run(until: rig.now + 120_000_000) { () throws(LabError) in
                do { return try isDone() } catch {
                    failure = error
                    return true
                }
            }
            if let failure { throw failure }
            #expect(whole)
        }

        try run(until: turn)
        try rig.stack.shutdownSending(peer, at: rig.now)
        try run {
            guard !isKernelDone, try socket?.receive()?.isEmpty == true else { return isKernelDone }
            isKernelDone = true
            return true
        }
        socket = nil
        try run { rig.stack.state(of: peer) == .timeWait }
        return seen
    }

    /// Errors cross threads as text.
    private func inThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
        let result = try Worker<Result<Value, LabError>> {
            Result { try body() }.mapError { ($0 as? LabError) ?? LabError("\($0)", next: "") }
        }.join()
        return try result.get()
    }
}
