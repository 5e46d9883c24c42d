import TCP

/// One condition of a filter, as it was written: names of processes, units and interfaces are looked up in the snapshot.
enum FilterCondition: Sendable, Hashable {
    enum Side: Sendable, Hashable { case local, remote }

    /// What is asked of a process that holds the connection.
    enum Process: Sendable, Hashable {
        case pid(Int32)
        case name(Glob)
        case unit(Glob)
        case container(Glob)
    }

    case states(StateSet)
    case host(Side, HostPattern, negated: Bool)
    case port(Side, NumberTest, family: IPAddress.Family?)
    /// `index`: in the observer's own namespace, or wherever a number was written.
    case device(name: String, index: UInt32?, isNumber: Bool, negated: Bool)
    case mark(UInt32, mask: UInt32, negated: Bool)
    case cgroup(UInt64, negated: Bool)
    case autobound
    case process(Process, negated: Bool)
    case user(name: String, uid: UInt32?, negated: Bool)
    case namespace(Glob, inode: UInt32?, negated: Bool)
    case age(NumberTest)
    case idle(NumberTest)
    case receiveQueue(NumberTest)
    case sendQueue(NumberTest)
    case unaccepted
    case orphan
    case shared

    /// The states in which it can be true.
    var possibleStates: StateSet {
        switch self {
        case .states(let states): states
        // Nobody holds or owns what is left of a connection in TIME_WAIT.
        case .process, .user, .unaccepted, .orphan, .shared: .all.subtracting(.init(.timeWait))
        case .host, .port, .device, .mark, .cgroup, .autobound, .namespace, .age, .idle, .receiveQueue, .sendQueue: .all
        }
    }

    /// The states in which it can be false.
    var refutableStates: StateSet {
        guard case .states(let states) = self else { return .all }
        return .all.subtracting(states)
    }

    var needsHolders: Bool {
        switch self {
        case .process, .user, .unaccepted, .orphan, .shared: true
        case .states, .host, .port, .device, .mark, .cgroup, .autobound, .namespace, .age, .idle, .receiveQueue,
            .sendQueue:
            false
        }
    }

    var needsProcessDetails: Bool {
        switch self {
        case .process(.unit, _), .process(.container, _), .user: true
        default: false
        }
    }
}

/// An address, a prefix or a host name's addresses, and a port: each may be left open.
struct HostPattern: Sendable, Hashable {
    /// `inet:` and `inet6:` ask for the socket's family; a plain IPv4 address also matches IPv6 sockets that speak IPv4.
    var family: IPAddress.Family?
    /// Any of them; empty for every address.
    var prefixes: [AddressPrefix] = []
    var port: UInt16?

    func matches(_ endpoint: Endpoint) -> Bool {
        if let port, port != endpoint.port { return false }
        if let family, family != endpoint.address.family { return false }
        guard let first = prefixes.first else { return true }
        return first.contains(endpoint.address) || prefixes.dropFirst().contains { $0.contains(endpoint.address) }
    }
}

/// A prefix of addresses, `10.0.0.0/8`.
struct AddressPrefix: Sendable, Hashable {
    private let highMask: UInt64
    private let lowMask: UInt64
    private let high: UInt64
    private let low: UInt64
    private let family: IPAddress.Family

    /// - Parameter length: bits; more than the address has counts as all.
    init(_ address: IPAddress, length: Int) {
        func mask(_ bits: Int) -> UInt64 { bits >= 64 ? .max : bits <= 0 ? 0 : ~(UInt64.max >> UInt64(bits)) }
        family = address.family
        switch family {
        case .ipv4: (highMask, lowMask) = (0, mask(length + 32) & 0xffff_ffff)
        case .ipv6: (highMask, lowMask) = (mask(length), mask(length - 64))
        }
        high = address.high & highMask
        low = address.low & lowMask
    }

    /// IPv4 prefixes contain IPv4-mapped addresses too; mapped prefixes contain mapped addresses only, as in `ss`.
    func contains(_ address: IPAddress) -> Bool {
        switch (family, address.family) {
        case (.ipv4, .ipv4), (.ipv6, .ipv6): address.high & highMask == high && address.low & lowMask == low
        case (.ipv4, .ipv6): address.isV4Mapped && address.low & lowMask == low
        case (.ipv6, .ipv4): false
        }
    }
}
