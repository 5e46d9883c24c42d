import Sockets

/// What a group stands for, the same from look to look: numbers in a snapshot are not.
enum TopKey: Hashable, Sendable {
    /// Pid and start: one process for ever.
    case process(Int32, UInt64)
    /// No process holds it; those not accepted by the listener in whose queue they stand.
    case unheld(Holding, listener: Endpoint?)
    /// Namespace (inode) and address.
    case listener(UInt32, Endpoint)
    /// Namespace (inode) and port: connections that came in, whichever address of it they came to.
    case port(UInt32, UInt16)
    case remote(Endpoint)
    case client(IPAddress)
    /// Those that came through no listener.
    case outgoing

    init(_ process: ProcessIdentity) { self = .process(process.pid, process.startTicks) }
}

/// What connections are counted by on the screen.
enum TopGrouping: Int, CaseIterable, Sendable {
    case process, listener, remote

    var next: TopGrouping { TopGrouping(rawValue: (rawValue + 1) % Self.allCases.count) ?? .process }
    var previous: TopGrouping {
        TopGrouping(rawValue: (rawValue + Self.allCases.count - 1) % Self.allCases.count) ?? .process
    }

    /// As `linger list --group-by` has it.
    var grouping: Grouping {
        switch self {
        case .process: .process
        case .listener: .listener
        case .remote: .remote
        }
    }
}
