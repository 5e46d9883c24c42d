internal import TCP

extension CrowdPile {
    static let closeWaitPool = CrowdPile(
        "close-wait-pool", "A client's pool keeps connections that its server gave up; it will notice at the next use.",
        count: 5
    ) { stage, count throws(LabError) in
        try stage.check(count)
        let client = try stage.member("client", named: "pool-client")
        try stage.outward(client, stage.options.port ?? 5432, count)
        if stage.options.isHealthy || count < 3 { return try stage.promise([.established: count]) }
        try stage.peer.close("accepted", count - 2)
        return try stage.promise([.established: 2, .closeWait: count - 2])
            .finding("close_wait_pool", [client.pid], count: count - 2)
    }
}
