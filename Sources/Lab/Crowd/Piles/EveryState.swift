internal import TCP

extension CrowdPile {
    /// Of each family: 5 parts in ESTABLISHED (unread, unsent, unanswered, unaccepted, idle), 3 in CLOSE_WAIT, 2 in
    /// FIN_WAIT_2, and one in each of TIME_WAIT, SYN_RCVD, SYN_SENT, FIN_WAIT_1, CLOSING and LAST_ACK.
    static let everyState = CrowdPile(
        "every-state", "Sockets in every state that the kernel has, over IPv4 and IPv6; nothing moves any more.",
        count: 520, ownNamespaceBecause: "it changes settings of its network namespace",
        ends: "TIME_WAIT and orphans after a minute, the others after several", hasNeighbour: false
    ) { stage, count throws(LabError) in
        try stage.check(count)
        try stage.set("net.ipv4.tcp_orphan_retries", to: "14")
        try stage.set("net.ipv4.tcp_synack_retries", to: "8")
        let server = try stage.member("server", named: "every-server")
        let client = try stage.member("client", named: "every-client")
        let each = max(count / 26, 1)
        for (index, family) in [CrowdFamily.ipv4, .ipv6].enumerated() {
            try stage.makeServerSide(server, each, family, base: UInt16(8000 + 1000 * index))
            try stage.makeClientSide(client, each, family, base: UInt16(8000 + 1000 * index), already: 2 * index * each)
        }
        try client.fill("full")
        try stage.holdClosing(client, closeWait: 2 * 4 * each)
        try client.send(on: "unanswered")
        return try stage.promise([
            .listen: 6, .established: 2 * (4 * each + 5), .closeWait: 2 * 3 * each, .finWait2: 2 * 2 * each,
            .timeWait: 2 * each, .synSent: 2 * each, .synReceived: 2 * each, .finWait1: 2 * each, .closing: 2 * each,
            .lastAck: 2 * each,
        ])
    }
}

extension Stage {
    fileprivate func makeServerSide(
        _ server: Member, _ each: Int, _ family: CrowdFamily, base: UInt16
    ) throws(LabError) {
        let version = family.rawValue
        let listener = "listener\(version)"
        try listen(server, on: base, group: listener, family: family)
        try listen(server, on: base + 1, group: "stalled", family: family)
        try listen(server, on: base + 5, group: "handshakes", family: family)
        try inward(
            server, base, 2 * each, family: family, into: "open\(version)", accepted: "open\(version)", from: listener)
        try peer.send(on: "open\(version)", each)
        try peer.connect(each, to: here(base + 1, family), into: "wait\(version)")
        try peer.connect(each, to: here(base + 1, family), into: "gone\(version)")
        try peer.send(on: "gone\(version)", each / 2)
        try peer.close("gone\(version)")
        try inward(
            server, base, 2 * each, family: family, into: "left\(version)", accepted: "left\(version)", from: listener)
        try peer.send(on: "left\(version)", each)
        try peer.close("left\(version)")
        try peer.connect(each, to: here(base + 5, family), into: "handshakes", flags: [.deaf, .unwaited])
    }

    /// - Parameter already: in FIN_WAIT_2 before.
    fileprivate func makeClientSide(
        _ client: Member, _ each: Int, _ family: CrowdFamily, base: UInt16, already: Int
    ) throws(LabError) {
        let version = family.rawValue
        for group in ["first", "both", "second", "unanswered"] {
            try outward(client, base + 3, each, family: family, into: group, accepted: group)
        }
        for kind in ["held", "orphaned", "time-wait"] {
            let group = kind + version
            try outward(client, base + 2, each, family: family, into: group, accepted: group)
        }
        try outward(client, base + 2, 5, family: family, into: "full", accepted: "full")
        try peer.deafen("unanswered")
        try client.shut("held\(version)")
        try client.close("orphaned\(version)")
        try client.close("time-wait\(version)")
        try wait(for: "the FINs are acknowledged") { () throws(LabError) in
            try states()[.finWait2] == already + 3 * each
        }
        try peer.close("time-wait\(version)")
        try peerListener(base + 4, family: family, flags: [.deaf])
        try client.connect(each, to: there(base + 4, family), into: "unheard", flags: [.unwaited])
    }
}
