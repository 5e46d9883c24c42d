internal import TCP

/// How many sockets are in each state.
struct Census: Sendable {
    /// By the state's raw value; 0 is none's.
    private var counts = [Int](repeating: 0, count: 12)

    subscript(state: State) -> Int { counts[Int(state.rawValue)] }

    mutating func move(from old: State?, to new: State?) {
        if let old { counts[Int(old.rawValue)] -= 1 }
        if let new { counts[Int(new.rawValue)] += 1 }
    }
}

/// On which ports somebody listens. A connection whose beginning was not seen came in if it has one of them, and one
/// that nobody has accepted stands in a listener's queue.
struct ListeningPorts: Sendable {
    private struct Key: Hashable {
        var namespace: UInt32
        var port: UInt16
    }

    /// The cookies of the listeners: several share a port by SO_REUSEPORT or by their addresses.
    private var cookies: [Key: [UInt64]] = [:]

    func isOpen(_ namespace: UInt32, _ port: UInt16) -> Bool { cookies[Key(namespace: namespace, port: port)] != nil }

    /// `nil` also where several listen: the kernel does not tell which of them it is.
    func only(_ namespace: UInt32, _ port: UInt16) -> UInt64? {
        guard let found = cookies[Key(namespace: namespace, port: port)], found.count == 1 else { return nil }
        return found[0]
    }

    mutating func open(_ namespace: UInt32, _ port: UInt16, cookie: UInt64) {
        cookies[Key(namespace: namespace, port: port), default: []].append(cookie)
    }

    mutating func close(_ namespace: UInt32, _ port: UInt16, cookie: UInt64) {
        let key = Key(namespace: namespace, port: port)
        cookies[key]?.removeAll { $0 == cookie }
        if cookies[key]?.isEmpty == true { cookies[key] = nil }
    }
}
