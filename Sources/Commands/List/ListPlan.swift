import Kernel
import Sockets
import TCP

/// What a command line of `linger list` asks for, checked, before anything is looked at.
struct ListPlan {
    private let command: ListCommand
    private let messages: Messages
    private let filter: Filter
    private let states: StateSet
    private let sort: SortOrder?
    let look: Look

    init(_ command: ListCommand, _ messages: Messages, resolver: NameResolver = .host) throws {
        self.command = command
        self.messages = messages
        if command.udp, !command.tcp { throw Failure(.usage, messages.tcpOnly) }
        if let limit = command.limit, limit < 0 { throw Failure(.usage, messages.badLimit(limit)) }
        if command.groupBy != nil {
            if command.sort != nil { throw Failure(.usage, messages.sortOfGroups) }
            if command.columns != nil { throw Failure(.usage, messages.columnsOfGroups) }
        }
        do {
            filter = try Filter(parsing: command.filter, resolver: resolver)
        } catch {
            throw Failure(.usage, error.message(language: messages.language) + "\n" + error.marked)
        }
        states = Self.states(filter, command)
        sort = try command.sort.map { text throws(Failure) in try ColumnChoice.sortOrder(text, messages) }
        // Before the look nobody knows how many namespaces there are; the most that can be shown decides what is asked.
        let columns = try ColumnChoice.columns(
            command.columns, format: command.format, extra: Self.extra(command), hidesNamespace: false,
            messages: messages)

        var look = try command.observation.look(messages)
        let needed = columns + (sort.map { [$0.column] } ?? [])
        let isGrouped = command.groupBy != nil
        look.holders =
            filter.needsHolders || !isGrouped && needed.contains(where: \.needsHolders)
            || command.groupBy?.needsHolders == true
        look.processDetails =
            filter.needsProcessDetails || !isGrouped && needed.contains(where: \.needsProcessDetails)
            || command.groupBy == .unit
        look.limits = filter.needsLimits
        // Who listens tells through whom a connection came; the listeners themselves are left out of the rows again.
        let needsListeners = look.holders || command.groupBy?.needsListeners == true
        look.states = needsListeners ? states.union(.init(.listen)) : states
        let families = Self.families(filter, command)
        look.ipv4 = families.contains(.ipv4)
        look.ipv6 = families.contains(.ipv6)
        self.look = look
    }

    /// As in ss, listeners and CLOSED are left out unless asked for. Unlike there, TIME_WAIT and SYN_RCVD are not:
    /// they are what piles up.
    private static func states(_ filter: Filter, _ command: ListCommand) -> StateSet {
        if command.all { return filter.states }
        if command.listening { return filter.states.intersection(.init(.listen)) }
        return filter.namesStates ? filter.states : filter.states.intersection(.connected)
    }

    private static func families(_ filter: Filter, _ command: ListCommand) -> Set<IPAddress.Family> {
        guard command.ipv4 != command.ipv6 else { return filter.families }
        return filter.families.intersection([command.ipv4 ? .ipv4 : .ipv6])
    }

    private static func extra(_ command: ListCommand) -> [Column] {
        var columns: [Column] = []
        if command.extended { columns += [.user, .inode, .cookie, .cgroup] }
        if command.info {
            columns += [
                .roundTrip, .retransmissionTimeout, .unacknowledged, .retransmits, .totalRetransmissions, .bytesAcked,
                .bytesReceived,
            ]
        }
        if command.memory { columns += [.memory] }
        return columns
    }

    /// Connections that one thread goes through at a time.
    private static let part = 4096

    /// Indices of the connections that are wanted.
    func selection(of snapshot: Snapshot) -> [Int] {
        let prepared = filter.prepared(for: snapshot)
        let families = Self.families(filter, command)
        let (ipv4, ipv6) = (families.contains(.ipv4), families.contains(.ipv6))
        let (states, connections, matchesAll) = (states, snapshot.connections, prepared.matchesAll)
        let starts = Array(stride(from: 0, to: connections.count, by: Self.part))
        return Team.map(starts.count) { number in
            (starts[number]..<min(starts[number] + Self.part, connections.count)).filter { index in
                let isOfFamily =
                    switch connections[index].family {
                    case .ipv4: ipv4
                    case .ipv6: ipv6
                    }
                // To ask the filter copies the connection.
                return isOfFamily && states.contains(connections[index].state)
                    && (matchesAll || prepared.matches(connections[index]))
            }
        }.flatMap { $0 }
    }

    func print(_ snapshot: Snapshot, screen: Screen) throws {
        var output = Output(messages: messages)
        let written = try write(snapshot, screen: screen, to: &output)
        try output.flush()
        if written.leftOut > 0, let limit = command.limit {
            Notes.note(messages.leftOut(written.leftOut, limit: limit))
        }
        if written.matches == 0 {
            for line in emptiness(of: snapshot) { Notes.note(line) }
        }
    }

    /// Why nothing matches.
    func emptiness(of snapshot: Snapshot) -> [String] {
        let absent = filter.absentNames(in: snapshot)
        return absent.isEmpty ? [messages.noMatch] : absent.map(messages.noMatch)
    }

    /// - Returns: how many connections match, and how many rows or groups of them were left out.
    func write(
        _ snapshot: Snapshot, screen: Screen, to output: inout Output
    ) throws -> (matches: Int, leftOut: Int) {
        let rows = PhaseLog.shared.measure("prepare") { Rows(snapshot, language: messages.language) }
        let columns = try ColumnChoice.columns(
            command.columns, format: command.format, extra: Self.extra(command),
            hidesNamespace: snapshot.namespaces.count <= 1, messages: messages)
        var listing = Listing(
            rows: rows, order: PhaseLog.shared.measure("select") { selection(of: snapshot) }, columns: columns,
            hasHeader: !command.noHeader)
        let matches = listing.order.count
        if let grouping = command.groupBy {
            var table = GroupTable(
                grouping: grouping, groups: listing.groups(by: grouping), hasHeader: !command.noHeader)
            table.limit(to: command.limit)
            switch command.format {
            case .table, .wide: try table.writeTable(screen, messages: messages, to: &output)
            case .json: try table.writeJSON(snapshot, to: &output)
            case .ndjson: try table.writeNDJSON(to: &output)
            case .csv: try table.writeCSV(to: &output)
            }
            return (matches, table.leftOut)
        }
        if let sort { listing.sort(by: sort) }
        listing.limit(to: command.limit)
        switch command.format {
        case .table, .wide:
            try PhaseLog.shared.measure("rows") {
                try listing.writeTable(screen, language: messages.language, to: &output)
            }
        case .json: try listing.writeJSON(to: &output)
        case .ndjson: try listing.writeNDJSON(to: &output)
        case .csv: try listing.writeCSV(to: &output)
        }
        return (matches, listing.leftOut)
    }
}

extension Grouping {
    var needsHolders: Bool {
        switch self {
        case .process, .unit: true
        case .state, .remote, .listener, .netns: false
        }
    }

    var needsListeners: Bool {
        switch self {
        case .remote, .listener, .process: true
        case .state, .unit, .netns: false
        }
    }
}
