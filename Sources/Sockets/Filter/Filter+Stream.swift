extension Filter {
    /// What the filter demands of every connection: bounds that can be tested before anything else is known of it.
    package struct Bounds: Sendable, Hashable {
        package var localPorts: ClosedRange<UInt16> = 0...UInt16.max
        package var remotePorts: ClosedRange<UInt16> = 0...UInt16.max

        package init() {}

        /// The local port of a connection in SYN_SENT may not be chosen yet: 0 is within.
        package func contains(local: UInt16, remote: UInt16) -> Bool {
            (local == 0 || localPorts.contains(local)) && remotePorts.contains(remote)
        }
    }

    /// Exact for conditions that are joined by `and`; the widest where they are not.
    package var bounds: Bounds {
        var bounds = Bounds()
        // Conditions without `or` and `not` are tests, and jumps that leave at the first that is false.
        let isConjunction = program.steps.allSatisfy { step in
            switch step {
            case .test, .jumpIfFalse: true
            case .negate, .jumpIfTrue: false
            }
        }
        guard isConjunction else { return bounds }
        for condition in program.conditions {
            switch condition {
            case .port(.local, let test, nil): bounds.localPorts = test.bounds(within: bounds.localPorts)
            case .port(.remote, let test, nil): bounds.remotePorts = test.bounds(within: bounds.remotePorts)
            default: continue
            }
        }
        return bounds
    }

    /// Conditions on what only a look at the sockets tells, by their names.
    package var lookConditions: [String] {
        program.conditions.compactMap { condition in
            switch condition {
            case .age: "age"
            case .idle: "idle"
            case .receiveQueue: "recv-q"
            case .sendQueue: "send-q"
            case .mark: "fwmark"
            case .cgroup: "cgroup"
            case .autobound: "autobound"
            case .shared: "shared"
            case .states, .host, .port, .device, .process, .user, .namespace, .unaccepted, .orphan: nil
            }
        }
    }

    /// It asks whether a process holds a connection (`unaccepted`, `orphan`), and not which.
    package var asksOnlyHow: Bool {
        var asks = false
        for condition in program.conditions {
            switch condition {
            case .unaccepted, .orphan: asks = true
            case .process, .user: return false
            default: continue
            }
        }
        return asks
    }
}
