internal import Sockets
internal import TCP

extension CrowdPile {
    static let closingStuck = CrowdPile(
        "closing-stuck", "The path dies while both sides close: FIN_WAIT_1, CLOSING and LAST_ACK, a third each.",
        count: 30, ownNamespaceBecause: "it changes settings of its network namespace",
        ends: "the kernel gives up after tcp_orphan_retries"
    ) { stage, count throws(LabError) in
        try stage.check(count)
        try stage.set("net.ipv4.tcp_orphan_retries", to: "12")
        let third = max(count / 3, 1)
        let client = try stage.member("client", named: "closer")
        for (port, group) in [(8001, "first"), (8002, "both"), (8003, "second")] as [(UInt16, String)] {
            try stage.outward(client, port, third, into: group, accepted: group)
        }
        if stage.options.isHealthy { return try stage.promise([.established: 3 * third]) }
        try stage.holdClosing(client, closeWait: third)
        let promise = try stage.promise([.finWait1: third, .closing: third, .lastAck: third])
        try stage.wait(for: "each FIN was sent again three times") { () throws(LabError) in
            try stage.sockets().allSatisfy { $0.timer.retries >= 3 }
        }
        return promise.finding("closing_stuck", [client.pid], count: 3 * third)
    }
}

extension Stage {
    /// The connections of the group `first` go to FIN_WAIT_1, of `both` to CLOSING, of `second` to LAST_ACK; the peers'
    /// ends are in groups of the same name. In `both` the process here keeps the socket: it only shuts it down.
    /// - Parameter closeWait: how many are in CLOSE_WAIT when the peers' FINs have come.
    func holdClosing(_ client: Member, closeWait: Int) throws(LabError) {
        try peer.shut("second")
        try wait(for: "the peers' FINs came") { () throws(LabError) in try states()[.closeWait] == closeWait }
        // From here on nothing that we send arrives.
        for group in ["first", "both", "second"] { try peer.deafen(group) }
        try client.close("first")
        try client.close("second")
        try client.shut("both")
        try peer.shut("both")
    }
}
