package import Kernel
package import Sockets
package import TCP

/// A kernel and an endpoint in user space with a link between them, in a network namespace of their own.
///
/// The kernel's end is this host's real TCP, reached by `LabSocket`. The other end is a `Stack`. The link is a TUN device;
/// on it packets can be withheld, delayed, lost. Nothing of it touches the host's own network, and all of it is gone with
/// this process, however it ends: the namespace has no name and no other process.
///
/// All of it runs on one thread. The kernel deals with a packet before the call that hands it over returns, so after
/// `settle` nothing is on its way but what a device holds or a timer will send.
package final class Rig {
    package let namespace: MadeNamespace
    package let family: IPAddress.Family
    package var stack: Stack
    /// What does not arrive; consulted before the devices.
    package var withheld: [Withhold] = []
    /// What else happens to packets on the way.
    package var devices = DeviceChain()
    /// Called when a TCP packet has left an end, was withheld, or has arrived: both ends can be read then.
    package var onPacket: ((Packet, Direction, PacketFate, Instant) throws(LabError) -> Void)?
    /// What the kernel sends arrives only when the stack has nothing to send: segments of both cross on the way.
    package var isCrossing = false
    private var crossing: [LinkPacket] = []
    package var onEvent: ((Stack.Event) -> Void)?

    private let device: TunDevice
    private let wait: LabWait

    /// Makes the namespace, which the calling thread enters, and the link.
    /// - Parameter settings: of the kernel in that namespace: `net.ipv4.tcp_retries2`.
    package init(
        _ family: IPAddress.Family = .ipv4, configuration: Configuration = Configuration(.linux),
        settings: [(name: String, value: String)] = []
    ) throws(LabError) {
        self.family = family
        do throws(KernelError) {
            namespace = try MadeNamespace()
        } catch {
            throw LabError(noNamespace: error)
        }
        do throws(KernelError) {
            wait = try LabWait()
            // No neighbour discovery and no router is looked for on a link that carries IPv4 only.
            if family == .ipv4 { try? OwnProcess.set("net.ipv6.conf.all.disable_ipv6", to: "1") }
            for setting in settings { try OwnProcess.set(setting.name, to: setting.value) }
            let name = "lab0"
            device = try TunDevice(named: name)
            let links = try LinkSocket()
            try links.setUp("lo")
            try links.addAddress(Self.address(.kernel, family), prefix: family == .ipv4 ? 24 : 64, to: name)
            try links.setUp(name)
        } catch {
            throw LabError("the lab's link could not be made: \(error)", next: "")
        }
        var random = SystemRandomNumberGenerator()
        var settings = Stack.Settings(
            configuration, addresses: [Self.address(.stack, family)], key: (random.next(), random.next()))
        settings.ephemeralPorts = 10_000...UInt16.max
        stack = Stack(settings)
    }

    // A kernel that cannot end them lets them run out.
    deinit { try? namespace.endSockets() }

    // MARK: Addresses

    package enum End: Hashable, Sendable { case kernel, stack }

    package func endpoint(_ end: End, _ port: UInt16) -> Endpoint {
        Endpoint(address: Self.address(end, family), port: port)
    }

    /// 10.78.0.1, 10.78.0.2; fd78::1, fd78::2.
    private static func address(_ end: End, _ family: IPAddress.Family) -> IPAddress {
        let host: UInt32 = end == .kernel ? 1 : 2
        return switch family {
        case .ipv4: IPAddress(v4: 10 << 24 | 78 << 16 | host)
        case .ipv6: IPAddress(v6High: 0xfd78 << 48, low: UInt64(host))
        }
    }

    // MARK: The loop

    package var now: Instant { MonotonicClock.now }
    package var isAskedToEnd: Bool { wait.isAskedToEnd }

    /// Moves packets until none is left that can go on now, and runs the stack's timers that are due.
    /// - Returns: whether anything moved.
    @discardableResult
    package func settle() throws(LabError) -> Bool {
        var hasMoved = false
        while true {
            stack.advance(to: now)
            var due: [LinkPacket] = []
            devices.advance(to: now) { due.append($0) }
            for packet in due { try deliver(packet) }
            let moves = try moveSomething()
            guard moves || !due.isEmpty else { return hasMoved }
            hasMoved = true
        }
    }

    /// Settles again and again until `isDone`, the deadline, or Ctrl-C.
    /// - Returns: whether it is done.
    @discardableResult
    package func run(until deadline: Instant?, _ isDone: () throws(LabError) -> Bool = { false }) throws(LabError)
        -> Bool
    {
        while true {
            try settle()
            if try isDone() { return true }
            if isAskedToEnd { return false }
            if let deadline, now >= deadline { return false }
            // What was done meanwhile may have sent something.
            if try settle() { continue }
            let next = [deadline, stack.nextDeadline, devices.nextDeadline].compactMap { $0 }.min()
            do throws(KernelError) { try wait.wait(for: device, until: next) } catch { throw LabError(error) }
        }
    }

    private func moveSomething() throws(LabError) -> Bool {
        guard isCrossing || !crossing.isEmpty else {
            if try moveFromStack() { return true }
            return try moveFromKernel()
        }
        while try moveFromKernel() {}
        if try moveFromStack() { return true }
        guard !crossing.isEmpty else { return false }
        try enterDevices(crossing.removeFirst())
        return true
    }

    /// What the kernel has sent so far leaves it, and arrives later.
    package func letLeave() throws(LabError) { while try moveFromKernel() {} }

    /// Nothing looks at packets on the way: they need not be copied.
    private var isPlain: Bool {
        onPacket == nil && withheld.isEmpty && devices.isEmpty && !isCrossing && crossing.isEmpty
    }

    private func moveFromStack() throws(LabError) -> Bool {
        if isPlain { return try moveFromStackPlainly() }
        var packets: [LinkPacket] = []
        stack.drainPackets { bytes, _ in packets.append(LinkPacket(bytes.withUnsafeBytes { Array($0) }, .toKernel)) }
        while let event = stack.nextEvent() { onEvent?(event) }
        for packet in packets { try forward(packet) }
        return !packets.isEmpty
    }

    private func moveFromStackPlainly() throws(LabError) -> Bool {
        var failure: KernelError?
        var hasMoved = false
        let device = device
        stack.drainPackets { bytes, _ in
            hasMoved = true
            bytes.withUnsafeBytes { packet in
                do throws(KernelError) { try device.send(packet) } catch { failure = error }
            }
        }
        while let event = stack.nextEvent() { onEvent?(event) }
        if let failure { throw LabError(failure) }
        return hasMoved
    }

    private func moveFromKernel() throws(LabError) -> Bool {
        if isPlain {
            let now = now
            return try attempt { try device.receive { stack.receive(packet: $0, at: now) } }
        }
        var packet: LinkPacket?
        _ = try attempt {
            try device.receive { packet = LinkPacket($0.withUnsafeBytes { Array($0) }, .fromKernel) }
        }
        guard let packet else { return false }
        try forward(packet)
        return true
    }

    private func forward(_ packet: LinkPacket) throws(LabError) {
        if onPacket != nil || !withheld.isEmpty, let parsed = packet.parsed {
            // Each has to see it, to know what is acknowledged.
            var isDropped = false
            for index in withheld.indices where withheld[index].drops(parsed, packet.direction) { isDropped = true }
            try onPacket?(parsed, packet.direction, isDropped ? .withheld : .left, now)
            if isDropped { return }
        }
        if isCrossing, packet.direction == .fromKernel {
            crossing.append(packet)
        } else {
            try enterDevices(packet)
        }
    }

    private func enterDevices(_ packet: LinkPacket) throws(LabError) {
        guard !devices.isEmpty else { return try deliver(packet) }
        var passed: [LinkPacket] = []
        devices.take(packet, at: now) { passed.append($0) }
        for packet in passed { try deliver(packet) }
    }

    private func deliver(_ packet: LinkPacket) throws(LabError) {
        let now = now
        switch packet.direction {
        case .toKernel:
            let result = packet.bytes.withUnsafeBytes { bytes in
                Result { () throws(KernelError) in try device.send(bytes) }
            }
            do throws(KernelError) { try result.get() } catch { throw LabError(error) }
        case .fromKernel: stack.receive(packet: packet.bytes.span.bytes, at: now)
        }
        if let onPacket, let parsed = packet.parsed { try onPacket(parsed, packet.direction, .arrived, now) }
    }
}

/// What has become of a packet.
package enum PacketFate: Hashable, Sendable { case left, withheld, arrived }

extension LinkPacket {
    /// `nil` for what is no TCP packet.
    var parsed: Packet? { try? Packet(parsing: bytes.span.bytes) }
}

extension LabError {
    fileprivate init(noNamespace error: KernelError) {
        self.init(
            "no network namespace could be made: \(error)",
            next: error.isPermission
                ? "run it as root, or allow user namespaces (user.max_user_namespaces, kernel.unprivileged_userns_clone,"
                    + " kernel.apparmor_restrict_unprivileged_userns)" : "")
    }
}
