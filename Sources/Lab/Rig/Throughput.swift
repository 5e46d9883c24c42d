internal import Kernel
internal import Sockets
package import TCP

/// How quick the endpoint in user space is against this kernel, over the lab's link of 1500-byte packets. Both share one
/// thread, so it is what one core does for both ends.
package struct Throughput: Sendable {
    /// Bytes of data a second.
    package var fromKernel: Double
    package var toKernel: Double
    /// Connections opened and closed in order, a second, one after the other.
    package var connections: Double

    private static let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 16)

    /// - Parameter time: for each of the three.
    package init(for time: Microseconds) throws(LabError) {
        let rig = try Rig(settings: [("net.ipv4.ip_local_port_range", "1024 65535")])
        let listener = try attempt { try LabSocket(.ipv4) }
        try attempt { try listener.bind(to: rig.endpoint(.kernel, 8080)) }
        try attempt { try listener.listen(backlog: 16) }
        let (own, peer) = try Self.open(rig, listener)
        fromKernel = try Self.measure(rig, time) { () throws(LabError) in
            _ = try attempt { try own.send(Self.chunk) }
            try rig.settle()
            return try Self.take(rig, peer)
        }
        toKernel = try Self.measure(rig, time) { () throws(LabError) in
            let now = rig.now
            _ = try attempt { try Self.chunk.withUnsafeBytes { try rig.stack.send($0, on: peer, at: now) } }
            try rig.settle()
            var count = 0
            while let bytes = try attempt({ try own.receive() }), !bytes.isEmpty { count += bytes.count }
            return count
        }
        // Each leaves a port in TIME_WAIT, and the peer has 16,384 of them.
        connections = try Self.measure(rig, time, atMost: 10_000) { () throws(LabError) in
            // The peer closes first, so TIME_WAIT is its own.
            let (own, peer) = try Self.open(rig, listener)
            try attempt { try rig.stack.close(peer, at: rig.now) }
            try rig.settle()
            try attempt { try own.shutSending() }
            try rig.settle()
            return 1
        }
    }

    private static func open(_ rig: Rig, _ listener: LabSocket) throws(LabError) -> (LabSocket, Stack.Socket) {
        let server = rig.endpoint(.kernel, 8080)
        let peer = try attempt { try rig.stack.connect(to: server, at: rig.now) }
        var own: LabSocket?
        try rig.run(until: rig.now + 5_000_000) { () throws(LabError) in
            own = try attempt { try listener.accept() }
            return own != nil
        }
        guard let own else { throw LabError("no connection came about in 5 s", next: "try again on a quieter host") }
        return (own, peer)
    }

    private static func take(_ rig: Rig, _ peer: Stack.Socket) throws(LabError) -> Int {
        var buffer = chunk
        var total = 0
        while true {
            let now = rig.now
            let count = try attempt {
                try buffer.withUnsafeMutableBytes { try rig.stack.receive(into: $0, on: peer, at: now) }
            }
            guard let count, count > 0 else { return total }
            total += count
        }
    }

    /// - Parameter round: returns how much was done.
    private static func measure(
        _ rig: Rig, _ time: Microseconds, atMost most: Int = .max, _ round: () throws(LabError) -> Int
    ) throws(LabError) -> Double {
        let start = rig.now
        var done = 0
        repeat {
            let some = try round()
            done += some
            // Nothing came: only time helps.
            if some == 0 { try rig.run(until: rig.now + 1000) }
        } while rig.now - start < time && done < most && !rig.isAskedToEnd
        return Double(done) * 1_000_000 / Double(rig.now - start)
    }
}
