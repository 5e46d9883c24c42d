internal import TCP

extension CrowdPile {
    static let unaccepted = CrowdPile(
        "unaccepted", "A server listens and never calls accept; half of those who wait have given up.", count: 40
    ) { stage, count throws(LabError) in
        try stage.check(count)
        let port = stage.options.port ?? 8080
        let server = try stage.member("server", named: "never-accepts")
        try stage.listen(server, on: port, backlog: max(128, count))
        if stage.options.isHealthy {
            try stage.inward(server, port, count)
            return try stage.promise([.listen: 1, .established: count])
        }
        try stage.peer.connect(count, to: stage.here(port))
        try stage.peer.close("connected", count / 2)
        return try stage.promise([.listen: 1, .established: count - count / 2, .closeWait: count / 2])
            .finding("accept_stalled", [server.pid], count: count, listener: port)
    }
}
