internal import TCP

extension CrowdPile {
    static let closeWait = CrowdPile(
        "close-wait", "A server forgets to close what its clients have closed.", count: 200
    ) { stage, count throws(LabError) in
        let first = stage.options.port ?? 6800
        let parts = try stage.parts(of: count)
        var pids: [Int32] = []
        for (index, part) in parts.enumerated() {
            let port = first + UInt16(index)
            let server = try stage.member(index == 0 ? "server" : "server\(index + 1)", named: "forgetful")
            let peer = index == 0 ? stage.peer : try stage.anotherPeer()
            pids.append(server.pid)
            try stage.listen(server, on: port)
            try stage.inward(server, port, part, by: peer)
            // Half of them have bytes.
            try peer.send(on: "connected", part / 2)
            if stage.options.isHealthy {
                try server.receive(on: "accepted", part / 2)
                try peer.close("connected", part / 2)
                try server.close("accepted", part / 2)
                continue
            }
            try peer.close("connected")
            // One client comes and is closed properly, by the server first: it is never in CLOSE_WAIT here.
            if index > 0 || stage.options.isHere { continue }
            stage.onTick = { () throws(LabError) in
                try stage.inward(server, port, 1, into: "visitor", accepted: "visitor")
                try server.close("visitor")
                try peer.close("visitor")
            }
        }
        if stage.options.isHealthy {
            return try stage.promise([.listen: parts.count, .established: parts.map { $0 - $0 / 2 }.reduce(0, +)])
        }
        // Several processes are several findings.
        return try stage.promise([.listen: parts.count, .closeWait: count])
            .finding("close_wait_leak", pids, count: count, listener: parts.count == 1 ? first : nil)
    }
}
