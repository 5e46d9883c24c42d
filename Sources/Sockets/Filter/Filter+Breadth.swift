internal import TCP

extension Filter {
    /// It could mean every connection of a host: it has no condition, or none but states with ESTABLISHED or LISTEN among
    /// them, or conditions that any address or port fulfils.
    package var couldMeanEverything: Bool {
        guard states.contains(.established) || states.contains(.listen) else { return false }
        return program.conditions.allSatisfy(\.isBroad)
    }
}

extension FilterCondition {
    fileprivate var isBroad: Bool {
        switch self {
        case .states: return true
        case .host(_, let pattern, _):
            let ends: [IPAddress] = [
                IPAddress(v4: 0), IPAddress(v4: .max), IPAddress(v6High: 0, low: 2), IPAddress(v6High: .max, low: .max),
            ]
            let matches = [UInt16(0), .max].flatMap { port in
                ends.map { pattern.matches(Endpoint(address: $0, port: port)) }
            }
            return matches.count { $0 } > matches.count / 4
        // A comparison with a port that half of all ports fulfil names no service.
        case .port(_, let test, _):
            return stride(from: 0, through: 65535, by: 1024).count { test.accepts(UInt64($0)) } > 32
        case .device, .mark, .cgroup, .autobound, .process, .user, .namespace, .age, .idle, .receiveQueue, .sendQueue,
            .unaccepted, .orphan, .shared:
            return false
        }
    }
}
