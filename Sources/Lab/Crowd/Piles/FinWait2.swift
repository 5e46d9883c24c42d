internal import TCP

extension CrowdPile {
    static let finWait2 = CrowdPile(
        "fin-wait-2", "A client shut down its sending half and waits for a peer that does not close: no timer runs.",
        count: 50
    ) { stage, count throws(LabError) in
        try stage.check(count)
        let client = try stage.member("client", named: "half-closer")
        try stage.outward(client, stage.options.port ?? 8080, count)
        if stage.options.isHealthy {
            try client.shut("connected", 1)
            return try stage.promise([.established: count - 1, .finWait2: 1])
        }
        try client.shut("connected")
        return try stage.promise([.finWait2: count]).finding("fin_wait_2_held", [client.pid], count: count)
    }

    static let finWait2Orphaned = CrowdPile(
        "fin-wait-2-orphaned", "A client closed, its peer does not: the kernel alone waits, for tcp_fin_timeout.",
        count: 600, ends: "the kernel gives up after tcp_fin_timeout, 60 seconds"
    ) { stage, count throws(LabError) in
        try stage.check(count)
        let client = try stage.member("client", named: "closes-first")
        try stage.outward(client, stage.options.port ?? 8080, count)
        if stage.options.isHealthy {
            try client.close("connected", 1)
            return try stage.promise([.established: count - 1, .finWait2: 1])
        }
        try client.close("connected")
        return try stage.promise([.finWait2: count]).finding("fin_wait_2_orphaned", count: count)
    }
}
