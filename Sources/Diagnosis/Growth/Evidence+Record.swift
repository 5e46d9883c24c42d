import Sockets
import TCP

/// What rules ask of the daemon's record; nothing where there is none.
extension Evidence {
    /// Milliseconds in the present state, and whether that is exact or the least that it can be, as the daemon saw it.
    func remembered(_ index: Int32) -> (age: UInt64, isExact: Bool)? {
        guard let memory = record?.memory(index), let entered = memory.entered else { return nil }
        let now = now.monotonic.times(1_000_000)
        return (now > entered ? (now - entered) / 1_000_000 : 0, memory.isExact)
    }

    /// The ages of the oldest and the youngest, and where they are from.
    func ages(_ members: [Int32]) -> (oldest: (age: UInt64, source: Input), youngest: (age: UInt64, source: Input))? {
        var oldest: (age: UInt64, source: Input)?
        var youngest: (age: UInt64, source: Input)?
        var isExact = true
        for member in members {
            let remembered = remembered(member)
            if remembered?.isExact != true { isExact = false }
            guard let age = age(member) else { continue }
            let source: Input =
                remembered?.isExact == true ? .record : remembered?.age == age ? .recordBound : .sockets
            if oldest.map({ age > $0.age }) ?? true { oldest = (age, source) }
            if youngest.map({ age < $0.age }) ?? true { youngest = (age, source) }
        }
        guard var oldest, let youngest else { return nil }
        // One whose beginning was not seen can be older than any.
        if !isExact, case .record = oldest.source { oldest.source = .recordBound }
        return (oldest, youngest)
    }

    /// What the program did with others in CLOSE_WAIT; `nil` where the daemon does not know nearly all of these.
    func past(_ members: [Int32]) -> CloseWaitPast? {
        guard let record else { return nil }
        let memories = members.compactMap(record.memory)
        guard !memories.isEmpty, memories.count * 10 >= members.count * 9 else { return nil }
        let programs = Set(memories.compactMap(\.program)).map { record.recollection.programs[$0] }
        guard !programs.isEmpty else { return nil }
        return CloseWaitPast(
            watched: record.watched, closed: programs.reduce(0) { $0 &+ $1.closed },
            slowest: (programs.map(\.slowest).max() ?? 0) / 1000,
            overdue: members.filter { record.memory($0)?.isOverdue ?? false })
    }

    /// Where most of them were opened, and how many of them.
    func opening(_ members: [Int32]) -> (place: String, count: Int)? {
        guard let record else { return nil }
        var counts: [String: Int] = [:]
        for member in members {
            guard let stack = record.memory(member)?.stack else { continue }
            counts[record.recollection.stacks[stack].place, default: 0] += 1
        }
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }.map { ($0.key, $0.value) }
    }

    func recordedGrowth(of processes: [Int], in state: State?, count: Int) -> Growth? {
        guard let record else { return nil }
        let subjects = processes.compactMap { record.process(now.processes[$0]) }
        return subjects.isEmpty ? nil : record.growth(of: subjects, in: state, now: count)
    }

    func recordedGrowth(inNamespace namespace: UInt16, _ state: State, count: Int) -> Growth? {
        guard Int(namespace) < now.namespaces.count else { return nil }
        return record?.growth(of: [.namespace(now.namespaces[Int(namespace)].inode)], in: state, now: count)
    }

    /// Between both looks; `nil` with one.
    func growth(net: Int, moved: Int? = nil) -> Growth? {
        seconds.map { Growth(net: Double(net), moved: moved.map { Double($0) }, seconds: $0) }
    }
}

/// What a program did with its connections in CLOSE_WAIT while the daemon watched.
struct CloseWaitPast {
    /// Milliseconds that it was watched.
    var watched: UInt64
    /// Others that it closed, and how long it took at most, milliseconds.
    var closed: UInt64
    var slowest: UInt64
    /// Those that are there for longer than it ever took.
    var overdue: [Int32]

    /// With fewer, the past says nothing.
    private static let leastClosed: UInt64 = 20
    var isTelling: Bool { closed >= Self.leastClosed }
}
