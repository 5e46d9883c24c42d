internal import TCP

extension CrowdPile {
    static let ephemeralPorts = CrowdPile(
        "ephemeral-ports", "Open connections to one destination take nearly all ephemeral ports.", count: 95,
        ownNamespaceBecause: "it changes settings of its network namespace"
    ) { stage, count throws(LabError) in
        try stage.check(count)
        let port = stage.options.port ?? 8080
        try stage.setPortRange(for: count)
        let client = try stage.member("client", named: "port-eater")
        try stage.outward(client, port, count, flags: [.keepalive])
        let promise = try stage.promise([.established: count])
        return stage.options.isHealthy
            ? promise : promise.finding("ephemeral_ports", [client.pid], count: count, destination: port)
    }

    /// A third reset by the peer, a third never connected, a third bound only. No list of connections shows them.
    static let closedSockets = CrowdPile(
        "closed-sockets", "Sockets in CLOSED that still hold a descriptor: no list of connections shows them.",
        count: 90
    ) { stage, count throws(LabError) in
        try stage.check(count)
        let third = max(count / 3, 1)
        let client = try stage.member("client", named: "hoarder")
        try stage.outward(client, stage.options.port ?? 8080, third, flags: [.keepalive])
        if stage.options.isHealthy { return try stage.promise([.established: third]) }
        try stage.peer.close("accepted", flags: [.reset])
        let promise = try stage.promise([:])
        try client.make(third)
        try client.make(third, flags: [.bound])
        return promise.finding("closed_descriptors", [client.pid], count: 3 * third)
    }

    /// The namespace tracks its connections. nf_conntrack_max is one for the whole host and can only be read in a
    /// namespace, so the table is not full: the doctor needs a lower threshold.
    static let conntrack = CrowdPile(
        "conntrack", "Connections that netfilter tracks; the table is the host's and not full (conntrack.share).",
        count: 500, ownNamespaceBecause: "it adds a rule to the firewall of its network namespace"
    ) { stage, count throws(LabError) in
        try stage.check(count)
        let client = try stage.member("client", named: "tracked")
        if !stage.options.isHealthy { try stage.trackConnections() }
        try stage.outward(client, stage.options.port ?? 8080, count, flags: [.keepalive])
        let promise = try stage.promise([.established: count])
        return stage.options.isHealthy ? promise : promise.finding("conntrack_full", count: count)
    }
}
