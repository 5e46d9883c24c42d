internal import Sockets
internal import TCP

extension CrowdPile {
    /// At 200 a second, so that most of the queue is always older than the first repetition of the SYN+ACK.
    static let synFlood = CrowdPile(
        "syn-flood", "SYNs from addresses that nobody has fill the SYN queue until cookies are sent; IPv4 only.",
        count: 512, ownNamespaceBecause: "no forged address may reach your network"
    ) { stage, count throws(LabError) in
        try stage.check(count)
        let port = stage.options.port ?? 8080
        let server = try stage.member("server", named: "flooded")
        try stage.listen(server, on: port, backlog: count, family: .ipv4)
        let target = stage.here(port, .ipv4)
        if stage.options.isHealthy {
            try stage.inward(server, port, count, family: .ipv4)
            try stage.peer.flood(target, 2)
            return try stage.promise([.listen: 1, .established: count, .synReceived: 2])
        }
        stage.onTick = { () throws(LabError) in try stage.peer.flood(target, 20) }
        while try stage.counter("SyncookiesSent") == 0 {
            try stage.onTick?()
            stage.pause(0.1)
        }
        return try stage.promise([.listen: 1, .synReceived: count + 1])
            .finding("syn_flood", [server.pid], count: count + 1, listener: port)
    }

    static let handshakeStuck = CrowdPile(
        "handshake-stuck", "The handshakes of real clients do not end: the SYN+ACK gets no answer.", count: 20,
        ownNamespaceBecause: "it changes settings of its network namespace",
        ends: "the kernel gives up after tcp_synack_retries"
    ) { stage, count throws(LabError) in
        try stage.check(count)
        let port = stage.options.port ?? 8080
        try stage.set("net.ipv4.tcp_synack_retries", to: "8")
        let server = try stage.member("server", named: "unanswered")
        try stage.listen(server, on: port, backlog: max(count, 1024))
        if stage.options.isHealthy {
            try stage.inward(server, port, count)
            return try stage.promise([.listen: 1, .established: count])
        }
        try stage.peer.connect(count, to: stage.here(port), flags: [.deaf, .unwaited])
        let promise = try stage.promise([.listen: 1, .synReceived: count])
        try stage.waitForRetries(1, of: .synReceived, "SYN+ACK")
        return promise.finding("handshake_stuck", [server.pid], count: count, listener: port)
    }

    static let connectUnanswered = CrowdPile(
        "connect-unanswered", "A firewall on the way swallows every SYN of a client.", count: 10,
        ends: "the kernel gives up after tcp_syn_retries, two minutes"
    ) { stage, count throws(LabError) in
        try stage.check(count)
        let port = stage.options.port ?? 8080
        let client = try stage.member("client", named: "unheard")
        if stage.options.isHealthy {
            try stage.outward(client, port, count)
            return try stage.promise([.established: count])
        }
        try stage.peerListener(port, flags: [.deaf])
        try client.connect(count, to: stage.there(port), flags: [.unwaited])
        let promise = try stage.promise([.synSent: count])
        try stage.waitForRetries(1, of: .synSent, "SYN")
        return promise.finding("connect_unanswered", [client.pid], count: count, destination: port)
    }
}

extension Stage {
    func waitForRetries(_ least: UInt8, of state: State, _ segment: String) throws(LabError) {
        try wait(for: "each \(segment) was sent again") { () throws(LabError) in
            try sockets().allSatisfy { $0.state != state || $0.timer.retries >= least }
        }
    }
}
