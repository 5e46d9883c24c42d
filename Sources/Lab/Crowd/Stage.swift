internal import Kernel
internal import Sockets
internal import TCP

/// Where a crowd plays: two network namespaces with a link between them, or the host's loopback; and its processes.
///
/// Without `--here` the processes to be looked at are in one namespace and their peers in the other, so that only one
/// end of each connection is seen. Neither has a name: both go with the last process.
final class Stage {
    let options: CrowdOptions
    /// Descriptors that a process may have.
    let descriptorLimit: Int
    private(set) var members: [Member] = []
    private(set) var sharing: [(role: String, name: String, pid: Int32)] = []
    private let made: (here: MadeNamespace, there: MadeNamespace)?
    /// Ports of listeners that are looked at, and of the peers' listeners.
    private(set) var ownPorts: Set<UInt16> = []
    /// Cookies of the sockets that the host had before.
    private let earlier: Set<UInt64>
    private var peerPorts: Set<UInt16> = []
    private var peerListeners: Set<String> = []
    /// What goes on while the crowd is held, ten times a second.
    var onTick: (() throws(LabError) -> Void)?

    /// The peers' process.
    private(set) var peer: Member

    init(_ options: CrowdOptions) throws(LabError) {
        self.options = options
        do throws(KernelError) {
            descriptorLimit = try OwnProcess.raiseDescriptorLimit()
            try OwnProcess.adoptGrandchildren()
            if options.isHere {
                made = nil
                earlier = Set(try SocketCensus.sockets().map(\.cookie))
                peer = try Member("peer", named: "peers")
            } else {
                let there = try MadeNamespace()
                let links = try LinkSocket()
                peer = try Member("peer", named: "peers")
                let here = try MadeNamespace()
                try Self.join(here, there, links)
                made = (here, there)
                earlier = []
            }
        } catch {
            throw LabError(noNamespace: error)
        }
        members.append(peer)
    }

    deinit { end() }

    /// Ends all processes and waits for them; with them go the sockets and the namespaces.
    func end() {
        onTick = nil
        for member in members { member.end() }
        members = []
        StartedProcess.waitForAll()
        // A kernel that cannot end them lets them run out.
        try? made?.here.endSockets()
        try? made?.there.endSockets()
    }

    var namespaceInode: UInt64? { made?.here.inode }
    /// Made without privileges: only from inside can it be entered.
    var isInUserNamespace: Bool { made?.there.isInUserNamespace ?? false }
    var peerNamespaceInode: UInt64? { made?.there.inode }

    // MARK: Processes

    /// A process that is looked at.
    func member(_ role: String, named name: String) throws(LabError) -> Member {
        let member: Member
        do throws(KernelError) { member = try Member(role, named: name) } catch { throw LabError(error) }
        members.append(member)
        return member
    }

    /// Another process with the peers. The first one is there from the beginning.
    func anotherPeer() throws(LabError) -> Member {
        do throws(KernelError) {
            try made?.there.enter()
            let member = try Member("peer\(members.count)", named: "peers")
            members.append(member)
            try made?.here.enter()
            return member
        } catch {
            throw LabError(error)
        }
    }

    /// A process that has every socket of the member.
    func share(_ member: Member, as role: String) throws(LabError) -> Int32 {
        let pid = try member.share(as: member.name)
        sharing.append((role, member.name, pid))
        return pid
    }

    /// A setting of the namespace that is looked at.
    func set(_ setting: String, to value: String) throws(LabError) {
        precondition(made != nil, "no pile changes the host's settings")
        do throws(KernelError) { try OwnProcess.set(setting, to: value) } catch { throw LabError(error) }
    }

    /// A namespace tracks connections once a rule of its firewall asks for their state.
    func trackConnections() throws(LabError) {
        precondition(made != nil, "no pile changes the host's firewall")
        do throws(KernelError) {
            for rule in [
                ["add", "table", "inet", "lab"],
                ["add", "chain", "inet", "lab", "input", "{ type filter hook input priority 0 ; }"],
                ["add", "rule", "inet", "lab", "input", "ct", "state", "new", "accept"],
            ] { try Tool.run(["nft"] + rule, package: "nftables") }
        } catch {
            throw LabError(error)
        }
    }

    // MARK: Connections

    /// A server that is looked at.
    func listen(
        _ server: Member, on port: UInt16, backlog: Int = 4096, group: String = "listener", family: CrowdFamily? = nil
    ) throws(LabError) {
        ownPorts.insert(port)
        var flags = self.flags
        if (family ?? options.family) == .ipv6 { flags.insert(.v6only) }
        try server.listen(at: anywhere(port, family), backlog: backlog, group: group, flags: flags)
    }

    /// The peers connect to a server that is looked at, which accepts.
    func inward(
        _ server: Member, _ port: UInt16, _ count: Int, by peer: Member? = nil, family: CrowdFamily? = nil,
        into group: String = "connected", accepted: String = "accepted", from listener: String = "listener",
        flags: Set<Order.Flag> = []
    ) throws(LabError) {
        for some in Self.portions(of: count) {
            try (peer ?? self.peer).connect(some, to: here(port, family), into: group, flags: self.flags)
            try server.accept(some, into: accepted, from: listener, flags: flags)
        }
    }

    /// A client that is looked at connects to the peers, which accept. Their listeners are made as they are needed.
    func outward(
        _ client: Member, _ port: UInt16, _ count: Int, family: CrowdFamily? = nil, into group: String = "connected",
        accepted: String = "accepted", flags: Set<Order.Flag> = []
    ) throws(LabError) {
        let listener = try peerListener(port, family: family)
        for some in Self.portions(of: count) {
            try client.connect(some, to: there(port, family), into: group, flags: self.flags.union(flags))
            try peer.accept(some, into: accepted, from: listener)
        }
    }

    /// - Parameter flags: `deaf` for one that lets no SYN in.
    @discardableResult
    func peerListener(
        _ port: UInt16, family: CrowdFamily? = nil, flags: Set<Order.Flag> = []
    ) throws(LabError) -> String {
        let family = family ?? options.family
        let group = "listener-\(family.rawValue)-\(port)"
        guard peerListeners.insert(group).inserted else { return group }
        peerPorts.insert(port)
        // Each family has a listener of its own.
        let only: Set<Order.Flag> = family == .ipv6 ? [.v6only] : []
        try peer.listen(at: anywhere(port, family), group: group, flags: self.flags.union(flags).union(only))
        return group
    }

    private var flags: Set<Order.Flag> { options.isMultipath ? [.multipath] : [] }

    /// Few enough at once for any accept queue.
    static func portions(of count: Int) -> [Int] {
        let size = 64
        let rest = count % size
        return Array(repeating: size, count: count / size) + (rest > 0 ? [rest] : [])
    }

    // MARK: Addresses

    /// Where a server that is looked at is reached.
    func here(_ port: UInt16, _ family: CrowdFamily? = nil) -> Endpoint {
        Endpoint(address: (family ?? options.family).address(options.isHere ? .loopback : .here), port: port)
    }

    func there(_ port: UInt16, _ family: CrowdFamily? = nil) -> Endpoint {
        Endpoint(address: (family ?? options.family).address(options.isHere ? .loopback : .there), port: port)
    }

    /// All addresses; on the host loopback alone: nobody outside is to reach a server of the lab.
    private func anywhere(_ port: UInt16, _ family: CrowdFamily?) -> Endpoint {
        options.isHere
            ? here(port, family) : Endpoint(address: (family ?? options.family).wildcard, port: port)
    }

    /// A veth pair; 10.79.0.0/16 leads to the other side and to nobody there.
    private static func join(
        _ here: MadeNamespace, _ there: MadeNamespace, _ linksThere: LinkSocket
    ) throws(KernelError) {
        let link = "veth0"
        let linksHere = try LinkSocket()
        try linksHere.makePair(named: link, to: there)
        for (links, place) in [(linksHere, CrowdFamily.Place.here), (linksThere, .there)] {
            try links.setUp("lo")
            try links.addAddress(CrowdFamily.ipv4.address(place), prefix: 24, to: link)
            // A host without IPv6 has none to give.
            try? links.addAddress(CrowdFamily.ipv6.address(place), prefix: 64, to: link)
            try links.setUp(link)
        }
        // What is sent before the kernel has noticed that the link is up is lost, and a lost SYN costs a second.
        for links in [linksHere, linksThere] {
            for _ in 0..<StreamSocket.patience * 1000 {
                if try links.isUp(link) { break }
                Surroundings.sleep(seconds: 0.001)
            }
        }
        try linksHere.addRoute(to: SynPacket.nobody, prefix: 16, via: CrowdFamily.ipv4.address(.there))
    }

    /// Ours, of all sockets that the kernel shows: on the host there are others, and the peers' ends.
    func isLookedAt(_ socket: Connection) -> Bool {
        guard (socket.transport == .mptcp) == options.isMultipath else { return false }
        guard options.isHere else { return true }
        guard !earlier.contains(socket.cookie) else { return false }
        return ownPorts.contains(socket.local.port) || peerPorts.contains(socket.remote.port)
    }
}

extension LabError {
    init(_ error: KernelError) { self.init(error.description, next: "") }

    fileprivate init(noNamespace error: KernelError) {
        self.init(
            "no network namespace could be made: \(error)",
            next: error.isPermission ? "run it as root, or with --here on loopback" : "")
    }
}

extension Stage {
    /// Descriptors that a process needs for itself.
    private static let reserve = 64

    /// How many connections each of several processes gets: as few processes as the descriptor limit allows.
    func parts(of count: Int) throws(LabError) -> [Int] {
        // A peer that closed lets go of its ports late: no more to one port than there are ephemeral ones.
        let most = min(descriptorLimit - Self.reserve, 25_000)
        let parts = (count + most - 1) / most
        guard parts <= 100 else {
            throw LabError(
                "\(count) connections are too many", next: "\(100 * most) are the most that one crowd may have")
        }
        return (0..<parts).map { count / parts + ($0 < count % parts ? 1 : 0) }
    }

    /// Refuses what one process cannot hold.
    func check(_ count: Int) throws(LabError) {
        let most = min(descriptorLimit - Self.reserve, 25_000)
        guard count <= most else {
            throw LabError(
                "\(count) connections are too many for the one process of this pile",
                next: "choose a --count of \(most) at most (its descriptor limit is \(descriptorLimit))")
        }
    }
}
