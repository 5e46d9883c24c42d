internal import TCP

extension CrowdPile {
    /// Two processes that have the same sockets, as over fork: closing or killing in one of them releases nothing.
    static let closeWaitShared = CrowdPile(
        "close-wait-shared", "Two processes of one server share every connection over fork, and neither closes.",
        count: 60
    ) { stage, count throws(LabError) in
        try stage.check(count)
        let port = stage.options.port ?? 6800
        let server = try stage.member("server", named: "oracle")
        try stage.listen(server, on: port)
        try stage.inward(server, port, count)
        let worker = try stage.share(server, as: "worker")
        if stage.options.isHealthy { return try stage.promise([.listen: 1, .established: count]) }
        try stage.peer.close("connected")
        return try stage.promise([.listen: 1, .closeWait: count])
            .finding("close_wait_leak", [server.pid, worker], count: count, listener: port)
    }
}
