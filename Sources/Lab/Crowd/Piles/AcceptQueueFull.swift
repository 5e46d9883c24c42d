internal import TCP

extension CrowdPile {
    /// A backlog of n lets n + 1 wait.
    static let acceptQueueFull = CrowdPile(
        "accept-queue-full", "More clients than the accept queue holds: the kernel drops them, and counts it.",
        count: 17
    ) { stage, count throws(LabError) in
        try stage.check(count)
        let port = stage.options.port ?? 8080
        let server = try stage.member("server", named: "never-accepts")
        try stage.listen(server, on: port, backlog: count - 1)
        if stage.options.isHealthy {
            try stage.inward(server, port, count - 1)
            return try stage.promise([.listen: 1, .established: count - 1])
        }
        try stage.peer.connect(count, to: stage.here(port))
        let promise = try stage.promise([.listen: 1, .established: count])
        let before = try stage.counter("ListenOverflows")
        try stage.peer.connect(count, to: stage.here(port), into: "late", flags: [.unwaited])
        try stage.wait(for: "overflows are counted") { () throws(LabError) in
            try stage.counter("ListenOverflows") >= before + UInt64(count)
        }
        stage.onTick = { () throws(LabError) in
            try stage.peer.connect(1, to: stage.here(port), into: "later", flags: [.unwaited])
            try stage.peer.close("later")
        }
        return promise.finding("accept_queue_full", [server.pid], count: count, listener: port)
    }

    /// It accepts one in ten of those who come: the queue is full nearly all the time, and moves.
    static let slowAccept = CrowdPile(
        "slow-accept", "A server accepts, but slower than its clients come: its queue stays full.", count: 65,
        ownNamespaceBecause: "its clients come all the time"
    ) { stage, count throws(LabError) in
        try stage.check(count)
        let port = stage.options.port ?? 8080
        let server = try stage.member("server", named: "slow-accept")
        try stage.listen(server, on: port, backlog: count - 1)
        if stage.options.isHealthy {
            try stage.inward(server, port, count - 1)
            return try stage.promise([.listen: 1, .established: count - 1])
        }
        try stage.peer.connect(count, to: stage.here(port))
        let promise = try stage.promise([.listen: 1, .established: count])
        var (served, waiting) = (0, 0)
        stage.onTick = { () throws(LabError) in
            // Its place is taken at once, and nine more find none and give up.
            try server.accept(1, into: "served")
            served += 1
            // Each is served for five seconds.
            if served > 50 { try server.close("served", 1) }
            try stage.peer.connect(1, to: stage.here(port), into: "patient")
            try stage.peer.connect(9, to: stage.here(port), into: "impatient", flags: [.unwaited])
            try stage.peer.close("impatient")
            waiting += 1
            // Those who came first were served long ago.
            if waiting > 10 * count {
                try stage.peer.close("patient", 5 * count)
                waiting -= 5 * count
            }
        }
        return promise.finding("accept_queue_full", [server.pid], listener: port)
    }
}
