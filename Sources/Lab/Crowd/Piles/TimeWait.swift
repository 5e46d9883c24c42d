internal import Sockets
internal import TCP

extension CrowdPile {
    private static let minute = "TIME_WAIT ends by itself after 60 seconds, and the pile with it"
    private static let setting = "it changes settings of its network namespace"

    /// Far from every limit: it looks alarming and is not.
    static let timeWait = CrowdPile(
        "time-wait", "A client closes first, again and again, towards one destination: many in TIME_WAIT, and no harm.",
        count: 1500, ends: minute
    ) { stage, count throws(LabError) in
        let port = stage.options.port ?? 8080
        let count = stage.options.isHealthy ? 5 : count
        let client = try stage.member("client", named: "closes-first")
        try stage.closeFirst(client, port, count)
        let promise = try stage.promise([.timeWait: count])
        return stage.options.isHealthy ? promise : promise.finding("time_wait_normal", count: count)
    }

    static let timeWaitPorts = CrowdPile(
        "time-wait-ports", "TIME_WAIT takes nearly all ephemeral ports towards one destination.", count: 95,
        ownNamespaceBecause: setting, ends: minute
    ) { stage, count throws(LabError) in
        let port = stage.options.port ?? 8080
        try stage.setPortRange(for: count)
        try stage.set("net.ipv4.tcp_tw_reuse", to: "0")
        let client = try stage.member("client", named: "closes-first")
        try stage.closeFirst(client, port, count)
        let promise = try stage.promise([.timeWait: count])
        return stage.options.isHealthy ? promise : promise.finding("time_wait_ports", count: count, destination: port)
    }

    static let timeWaitBuckets = CrowdPile(
        "time-wait-buckets", "More connections closed first than tcp_max_tw_buckets allows: the kernel forgets them.",
        count: 150, ownNamespaceBecause: setting, ends: minute
    ) { stage, count throws(LabError) in
        let port = stage.options.port ?? 8080
        let client = try stage.member("client", named: "closes-first")
        if stage.options.isHealthy {
            try stage.closeFirst(client, port, count)
            return try stage.promise([.timeWait: count])
        }
        let limit = count * 2 / 3
        try stage.set("net.ipv4.tcp_max_tw_buckets", to: "\(limit)")
        try stage.closeFirst(client, port, limit)
        try stage.outward(client, port, count - limit)
        try client.close("connected")
        try stage.wait(for: "overflows are counted") { () throws(LabError) in
            try stage.counter("TCPTimeWaitOverflow") > 0
        }
        return try stage.promise([.timeWait: limit]).finding("time_wait_buckets", count: limit)
    }
}

extension Stage {
    /// A hundred ports for 95 connections, and as many more for more; plenty for the healthy.
    func setPortRange(for count: Int) throws(LabError) {
        let size = max(count * 100 / 95, count + 1)
        guard size <= 20_000 else {
            throw LabError("\(count) connections towards one destination", next: "choose a --count of 19000 at most")
        }
        try set(
            "net.ipv4.ip_local_port_range", to: options.isHealthy ? "30000 50000" : "40000 \(40_000 + size - 1)")
    }

    /// The peer closes only when it has acknowledged our FIN: a late segment would be answered by an RST, which ends
    /// TIME_WAIT before its time (RFC 1337).
    func closeFirst(_ client: Member, _ port: UInt16, _ count: Int) throws(LabError) {
        try check(count)
        try outward(client, port, count)
        try client.close("connected")
        try wait(for: "the FINs are acknowledged") { () throws(LabError) in try states()[.finWait2] == count }
        try peer.close("accepted")
    }
}
