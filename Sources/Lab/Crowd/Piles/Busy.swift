internal import TCP

extension CrowdPile {
    /// The client can be killed in the middle of it.
    static let busy = CrowdPile(
        "busy", "Connections come and go all the time, hundreds a second; a client has others that stay.", count: 500,
        ownNamespaceBecause: "its connections would fill your host with TIME_WAIT", hasNeighbour: false
    ) { stage, count throws(LabError) in
        try stage.check(count)
        let port = stage.options.port ?? 8080
        let server = try stage.member("server", named: "busy")
        try stage.listen(server, on: port)
        let client = try stage.member("client", named: "victim")
        try stage.outward(client, 9090, count)
        stage.onTick = { () throws(LabError) in
            // The peers' ports stand in TIME_WAIT for a minute: more would use all of them up.
            try stage.inward(server, port, 40, into: "visitor", accepted: "visitor")
            try stage.peer.close("visitor")
            try server.close("visitor")
        }
        return try stage.promise([.listen: 1, .established: count])
    }
}
