internal import Sockets
internal import TCP

extension CrowdPile {
    static let idle = CrowdPile(
        "idle", "Open connections on which nothing moves, without keepalive: nothing would tell that a peer is gone.",
        count: 120
    ) { stage, count throws(LabError) in
        try stage.serve(
            "idle-server", count, finding: "idle_without_keepalive", keepalive: stage.options.isHealthy)
    }

    static let many = CrowdPile(
        "many", "Nothing is wrong with any of these open connections but their number.", count: 3000
    ) { stage, count throws(LabError) in
        try stage.serve(
            "popular", stage.options.isHealthy ? min(20, count) : count, finding: "many_connections", keepalive: true)
    }

    /// Most of its descriptors, and most of these are sockets.
    static let descriptors = CrowdPile(
        "descriptors", "A server has used up nearly all descriptors that its limit allows.", count: 120
    ) { stage, count throws(LabError) in
        try stage.serve("near-limit", count, finding: "descriptors_low", keepalive: true) { server throws(LabError) in
            try server.limitDescriptors(to: stage.options.isHealthy ? max(16_384, 4 * count) : count + 8)
        }
    }

    static let healthy = CrowdPile(
        "healthy", "A server as it should be: open connections with keepalive, and others that come and go.", count: 50,
        hasNeighbour: false
    ) { stage, count throws(LabError) in
        let promise = try stage.serve("healthy", count, finding: nil, keepalive: true)
        guard !stage.options.isHere, let server = stage.members.last else { return promise }
        stage.onTick = { () throws(LabError) in
            let port = stage.options.port ?? 8080
            try stage.inward(server, port, 5, into: "visitor", accepted: "visitor")
            try stage.peer.close("visitor")
            try server.close("visitor")
        }
        return promise
    }

    static let deadPeer = CrowdPile(
        "dead-peer", "Data went out, and the peers, or the path to them, are gone: the timer backs off.", count: 25,
        ends: "the kernel gives up after tcp_retries2, a quarter of an hour"
    ) { stage, count throws(LabError) in
        try stage.check(count)
        let port = stage.options.port ?? 8080
        let client = try stage.member("client", named: "unanswered")
        try stage.outward(client, port, count, flags: [.keepalive])
        if stage.options.isHealthy {
            try client.send(on: "connected")
            try stage.wait(for: "all is acknowledged") { () throws(LabError) in
                try stage.sockets().allSatisfy { $0.sendQueue == 0 }
            }
            return try stage.promise([.established: count])
        }
        try stage.peer.deafen("accepted")
        try client.send(on: "connected")
        let promise = try stage.promise([.established: count])
        try stage.waitForRetries(4, of: .established, "segment")
        return promise.finding("peer_unresponsive", [client.pid], count: count, destination: port)
    }

    static let zeroWindow = CrowdPile(
        "zero-window", "A client sends to a reader that never reads: the window is closed, and is only probed.",
        count: 25
    ) { stage, count throws(LabError) in
        try stage.check(count)
        let port = stage.options.port ?? 8080
        let client = try stage.member("client", named: "feeder")
        try stage.outward(client, port, count, flags: [.keepalive])
        if stage.options.isHealthy {
            try client.send(on: "connected")
            try stage.peer.receive(on: "accepted")
            return try stage.promise([.established: count])
        }
        try client.fill("connected")
        let promise = try stage.promise([.established: count])
        // Each probe is answered, so it is no retry: the timer alone tells.
        try stage.wait(for: "each window is probed") { () throws(LabError) in
            try stage.sockets().allSatisfy { $0.timer.kind == .zeroWindowProbe }
        }
        return promise.finding("zero_window", [client.pid], count: count, destination: port)
    }
}

extension Stage {
    /// A server with open connections, and nothing else.
    /// - Parameter prepare: before the first of them.
    func serve(
        _ name: String, _ count: Int, finding: String?, keepalive: Bool,
        prepare: (Member) throws(LabError) -> Void = { _ in }
    ) throws(LabError) -> Promise {
        try check(count)
        let port = options.port ?? 8080
        let server = try member("server", named: name)
        try listen(server, on: port)
        try prepare(server)
        try inward(server, port, count, flags: keepalive ? [.keepalive] : [])
        let promise = try self.promise([.listen: 1, .established: count])
        guard let finding, !options.isHealthy else { return promise }
        return promise.finding(finding, [server.pid], count: count)
    }
}
