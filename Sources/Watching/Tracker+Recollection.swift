package import Sockets
internal import TCP

extension Tracker {
    /// What is known of the connections that are there now, but for listeners and TIME_WAIT, whose age its own timer
    /// tells.
    /// - Parameters:
    ///   - since: when the first look was done.
    ///   - counts: of the last minutes.
    ///   - describe: a stack in words; called once for each.
    package func recollection(
        at now: UInt64, since: UInt64, method: Recollection.Method = .stream, lost: UInt64 = 0,
        counts: CountLog = CountLog(), describe: (CallStack) -> Recollection.Stack
    ) -> Recollection {
        var result = Recollection(time: now, since: since, method: method, lost: lost)
        var tables = RecollectionTables()
        result.connections.reserveCapacity(count)
        visit { life in
            guard life.state != .listen, life.state != .timeWait, life.stateCount > 0 else { return }
            let dwell = life.dwell(until: now)
            var memory = Recollection.Memory(
                cookie: life.cookie, entered: dwell.map { now - $0.nanoseconds }, isExact: dwell?.isExact ?? false,
                state: life.state)
            if let number = life.owner { memory.opener = tables.number(of: number) { owners[number] } }
            if let number = life.stack {
                memory.stack = tables.number(of: number) { stacks[number].map(describe) }
            }
            if let way = way(of: life) {
                let number = tables.number(of: RecollectionTables.Key(owner: life.owner, way: way)) {
                    let key = ClosedPasts.Key(owner: owner(of: life), way: way)
                    return (key, pasts[key] ?? ClosedPasts.Past(), closeWaitLimit(key))
                }
                memory.program = number
                if life.state == .closeWait, let dwell {
                    memory.isOverdue = dwell.nanoseconds > tables.limits[number]
                }
            }
            result.connections.append(memory)
        }
        result.counts = counts.series { tables.number(of: $0) }
        result.processes = tables.processes
        result.stacks = tables.stacks
        result.programs = tables.programs
        return result
    }
}

/// The tables of a recollection as they grow.
private struct RecollectionTables {
    private(set) var processes: [ProcessIdentity] = []
    private(set) var stacks: [Recollection.Stack] = []
    private(set) var programs: [Recollection.Program] = []
    /// By program: nanoseconds in CLOSE_WAIT that are too long.
    private(set) var limits: [UInt64] = []
    private var processNumbers: [ProcessIdentity: Int] = [:]
    private var openerNumbers: [OwnerTable.Number: Int?] = [:]
    private var stackNumbers: [StackTable.Number: Int?] = [:]
    private var keyNumbers: [Key: Int] = [:]
    /// Neighbours mostly share a program.
    private var last: (key: Key, number: Int)?

    /// A program's connections, without its name: quicker to look up.
    struct Key: Hashable {
        var owner: OwnerTable.Number?
        var way: DwellGroup.Way
    }

    mutating func number(of process: ProcessIdentity) -> Int {
        if let known = processNumbers[process] { return known }
        processes.append(process)
        processNumbers[process] = processes.count - 1
        return processes.count - 1
    }

    mutating func number(of owner: OwnerTable.Number, _ process: () -> ProcessIdentity?) -> Int? {
        if let known = openerNumbers[owner] { return known }
        let number = process().map { self.number(of: $0) }
        openerNumbers[owner] = .some(number)
        return number
    }

    mutating func number(of stack: StackTable.Number, _ describe: () -> Recollection.Stack?) -> Int? {
        if let known = stackNumbers[stack] { return known }
        var number: Int?
        if let described = describe() {
            stacks.append(described)
            number = stacks.count - 1
        }
        stackNumbers[stack] = .some(number)
        return number
    }

    mutating func number(
        of key: Key, _ program: () -> (ClosedPasts.Key, ClosedPasts.Past, limit: UInt64)
    ) -> Int {
        if let last, last.key == key { return last.number }
        let number = keyNumbers[key] ?? add(key, program())
        last = (key, number)
        return number
    }

    private mutating func add(
        _ key: Key, _ found: (key: ClosedPasts.Key, past: ClosedPasts.Past, limit: UInt64)
    ) -> Int {
        var program = Recollection.Program(command: found.key.owner?.command)
        switch found.key.way {
        case .listener(let namespace, let port): (program.namespace, program.listener) = (namespace, port)
        case .destination(let endpoint): program.destination = endpoint
        }
        (program.closed, program.slowest) = (found.past.closed, found.past.slowest / 1000)
        programs.append(program)
        limits.append(found.limit)
        keyNumbers[key] = programs.count - 1
        return programs.count - 1
    }
}
