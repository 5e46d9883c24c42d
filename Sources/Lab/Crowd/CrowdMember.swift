package import Kernel
internal import Sockets

/// A process of a crowd, seen from inside: it has sockets in groups, and does what it is told until its input ends.
package struct CrowdMember: ~Copyable {
    private var groups: [String: [StreamSocket]] = [:]

    /// Runs the process.
    /// - Parameters:
    ///   - name: for `ps` and `/proc/PID/comm`.
    ///   - shares: it has its sockets from the process that started it, and only waits for the end.
    ///   - order: the next line of standard input; `nil` at its end.
    ///   - answer: writes a line to standard output.
    package static func run(
        named name: String, shares: Bool, order: () -> String?, answer: (String) -> Void
    ) throws(KernelError) {
        OwnProcess.setName(name)
        guard !shares else { return OwnProcess.waitForEndOfInput() }
        try OwnProcess.dieWithParent()
        try OwnProcess.closeInherited()
        var member = CrowdMember()
        while let line = order() {
            guard let order = Order(line: line) else {
                answer("error no such order: \(line)")
                continue
            }
            do throws(KernelError) {
                answer("ok \(try member.perform(order))")
            } catch {
                answer("error \(error.description)")
            }
        }
    }

    /// - Returns: the number that the order asks for, or 0.
    private mutating func perform(_ order: Order) throws(KernelError) -> Int {
        switch order.verb {
        case .listen: try listen(order)
        case .accept: try accept(order)
        case .connect: try connect(order)
        case .make: try make(order)
        case .close: try close(order)
        case .shut: for one in try members(order) { try one.shutSending() }
        case .send: for one in try members(order) { try one.send(order.size) }
        case .receive: for one in try members(order) { try one.receive(order.size) }
        case .fill: for one in try members(order) { try one.fill() }
        case .deafen: for one in try members(order) { try one.dropInput() }
        case .share:
            return Int(
                try StartedProcess.share(
                    named: order.name, CrowdProcess.arguments + ["--shares"]))
        case .flood: try flood(order)
        case .limit: try OwnProcess.limitDescriptors(to: order.count ?? 0)
        }
        return 0
    }

    private func members(_ order: Order) throws(KernelError) -> ArraySlice<StreamSocket> {
        let members = groups[order.group] ?? []
        let count = order.count ?? members.count
        guard count <= members.count else {
            throw KernelError(
                call: order.verb.rawValue, subject: order.group, hint: "\(count) wanted, \(members.count) there")
        }
        return members[..<count]
    }

    private func endpoint(_ order: Order) throws(KernelError) -> Endpoint {
        guard let endpoint = order.endpoint else { throw KernelError(call: order.verb.rawValue, hint: "to where?") }
        return endpoint
    }

    private mutating func listen(_ order: Order) throws(KernelError) {
        let endpoint = try endpoint(order)
        let listener = try StreamSocket(endpoint.address.family, isMultipath: order.flags.contains(.multipath))
        if order.flags.contains(.deaf) { try listener.dropInput() }
        try listener.listen(at: endpoint, backlog: order.count ?? 4096, isV6Only: order.flags.contains(.v6only))
        // As any look asks. From now on the kernel gives this one to each MPTCP connection that is accepted, too.
        _ = listener.cookie
        groups[order.group, default: []].append(listener)
    }

    private mutating func accept(_ order: Order) throws(KernelError) {
        guard let listener = groups[order.listener]?.first else {
            throw KernelError(call: "accept", subject: order.listener, hint: "no such listener")
        }
        for _ in 0..<(order.count ?? 1) {
            let accepted = try listener.accept()
            if order.flags.contains(.keepalive) { try accepted.keepAlive() }
            groups[order.group, default: []].append(accepted)
        }
    }

    private mutating func connect(_ order: Order) throws(KernelError) {
        let endpoint = try endpoint(order)
        for _ in 0..<(order.count ?? 1) {
            let connected = try StreamSocket(
                endpoint.address.family, isMultipath: order.flags.contains(.multipath))
            if order.flags.contains(.keepalive) { try connected.keepAlive() }
            if order.flags.contains(.deaf) { try connected.dropInput() }
            try connected.connect(to: endpoint, waits: !order.flags.contains(.unwaited))
            groups[order.group, default: []].append(connected)
        }
    }

    private mutating func make(_ order: Order) throws(KernelError) {
        for _ in 0..<(order.count ?? 1) {
            let made = try StreamSocket(.ipv4)
            if order.flags.contains(.bound) { try made.bindAnywhere() }
            groups[order.group, default: []].append(made)
        }
    }

    private mutating func close(_ order: Order) throws(KernelError) {
        let closing = try members(order)
        if order.flags.contains(.reset) { for one in closing { try one.resetOnClose() } }
        groups[order.group]?.removeFirst(closing.count)
    }

    private func flood(_ order: Order) throws(KernelError) {
        let endpoint = try endpoint(order)
        let sender = try PacketSender()
        var random = SystemRandomNumberGenerator()
        for _ in 0..<(order.count ?? 1) {
            try sender.send(SynPacket.random(to: endpoint, using: &random), to: endpoint.address)
        }
    }
}

/// How a process of a crowd is started.
package enum CrowdProcess {
    /// The hidden command.
    package static let arguments = ["lab", "crowd-process"]
}
