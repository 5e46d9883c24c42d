import Sockets
import TCP

/// Puts a finding together: facts with their inputs, remedies with their commands.
struct FindingBuilder {
    let evidence: Evidence
    var facts: [Fact] = []
    var remedies: [Remedy] = []

    init(_ evidence: Evidence) { self.evidence = evidence }

    mutating func fact(_ key: FactKey, _ value: Fact.Value?, from source: Input) {
        guard let value else { return }
        facts.append(Fact(key.rawValue, value, source: source.name(in: evidence)))
    }

    mutating func count(_ key: FactKey, _ value: (some BinaryInteger)?, from source: Input) {
        guard let value, value >= 0 else { return }
        fact(key, .count(UInt64(value)), from: source)
    }

    mutating func milliseconds(_ key: FactKey, _ value: UInt64?, from source: Input) {
        fact(key, value.map { .milliseconds($0) }, from: source)
    }

    /// - Parameter source: of the two looks; the daemon's counts are told as such, with the time that they are of.
    mutating func growth(_ growth: Growth?, from source: Input) {
        guard let growth else { return }
        let isRecorded = growth.method == .record
        fact(.growth, .perSecond(growth.perSecond), from: isRecorded ? .record : source)
        if isRecorded { fact(.growthOver, .milliseconds(UInt64(growth.seconds * 1000)), from: .record) }
    }

    /// How old the oldest and the youngest are, and by what.
    mutating func ages(_ members: [Int32], withYoungest: Bool = false) {
        guard let ages = evidence.ages(members) else { return }
        milliseconds(.oldest, ages.oldest.age, from: ages.oldest.source)
        if withYoungest { milliseconds(.youngest, ages.youngest.age, from: ages.youngest.source) }
    }

    /// Where in its code most of them were opened, as the daemon saw it.
    mutating func opening(_ members: [Int32], isAccepted: Bool) {
        guard let opening = evidence.opening(members) else { return }
        fact(isAccepted ? .acceptedIn : .connectedIn, .text(opening.place), from: .record)
        count(.openedThere, opening.count, from: .record)
    }

    mutating func now(_ key: RemedyKey, _ command: String? = nil) {
        remedies.append(Remedy(.now, key.rawValue, command: command))
    }

    mutating func forGood(_ key: RemedyKey, _ command: String? = nil) {
        remedies.append(Remedy(.forGood, key.rawValue, command: command))
    }

    /// Sets a kernel setting at once, and says how it stays set.
    mutating func set(_ key: RemedyKey, _ setting: Setting, in namespace: Int? = nil) {
        now(key, Shell.inside(namespace, of: evidence.now, setting.command))
        attach(setting, namespace)
        keep(setting, in: namespace)
    }

    /// Sets a kernel setting for good. A namespace forgets its settings when it ends: the file is for the host's own.
    mutating func setForGood(_ key: RemedyKey, _ setting: Setting, in namespace: Int? = nil) {
        let isForeign = isForeign(namespace)
        let command = isForeign ? Shell.inside(namespace, of: evidence.now, setting.command) : setting.lastingCommand
        forGood(key, command)
        attach(setting, namespace)
        if isForeign { keep(setting, in: namespace) }
    }

    /// What the last remedy sets, for those that set it themselves.
    private mutating func attach(_ setting: Setting, _ namespace: Int?) {
        remedies[remedies.count - 1].setting = setting
        remedies[remedies.count - 1].namespace = namespace
    }

    private mutating func keep(_ setting: Setting, in namespace: Int?) {
        if !isForeign(namespace) {
            forGood(.keepSetting, setting.lastingCommand)
        } else if !remedies.contains(where: { $0.key == RemedyKey.keepInNamespace.rawValue }) {
            forGood(.keepInNamespace)
        }
    }

    private func isForeign(_ namespace: Int?) -> Bool {
        namespace.map { evidence.now.namespaces.indices.contains($0) && !evidence.now.namespaces[$0].isOwn } ?? false
    }

    func finding(
        _ kind: Finding.Kind, _ severity: Finding.Severity, _ subject: Subject, cause: CauseKey,
        forecast: Forecast? = nil, connections: [Int32], filter: FilterText?
    ) -> Finding {
        let namespace = subject.namespace ?? evidence.commonNamespace(connections)
        let scope = evidence.condition(namespace: namespace ?? evidence.onlyNamespace)
        // What cures comes before what keeps a setting.
        let isKeeping = Set([RemedyKey.keepSetting, .keepInNamespace].map(\.rawValue))
        let keeping = remedies.filter { isKeeping.contains($0.key) }
        let filter = filter?.and(scope)
        let others = remedies.filter { !isKeeping.contains($0.key) }.map { remedy in
            var remedy = remedy
            switch RemedyKey(rawValue: remedy.key) {
            case .clearConnections: remedy.command = filter?.clearing
            case .destroyOrphans: remedy.command = filter?.and("orphan").clearing
            default: break
            }
            return remedy
        }
        return Finding(
            kind: kind, severity: severity, subject: subject, facts: facts, forecast: forecast, cause: cause.rawValue,
            remedies: others + keeping, connections: connections.map(Int.init), filter: filter?.text)
    }

    /// Clears the connections of the finding, by its filter: the processes live on.
    mutating func clear() { now(.clearConnections) }

    /// What everybody can do at once about processes that hold what they should not: restart the service, or end them.
    mutating func release(_ processes: [Int]) {
        let records = processes.map { evidence.now.processes[$0] }
        guard !records.isEmpty else { return now(.findHolder, "sudo linger doctor") }
        if let command = Self.restart(records) { now(.restartUnit, command) }
        let pids = records.map { String($0.pid) }.joined(separator: " ")
        now(records.count > 1 ? .killAllSharers : .killHolders, "kill \(pids)")
    }

    /// Restarts the one service that all of them belong to; `nil` where there is none, or more than one.
    static func restart(_ records: [ProcessRecord]) -> String? {
        guard let first = records.first(where: { $0.unit != nil }), let unit = first.unit, unit.hasSuffix(".service"),
            Shell.isPlain(unit),
            records.allSatisfy({ $0.unit == nil || $0.unit == unit && $0.unitUser == first.unitUser })
        else { return nil }
        // A user's manager listens in that user's runtime directory only (systemctl(1), --user).
        return first.unitUser.map {
            "sudo -u '#\($0)' XDG_RUNTIME_DIR=/run/user/\($0) systemctl --user restart \(unit)"
        } ?? "systemctl restart \(unit)"
    }

    /// More descriptors for a process: its soft limit up to the hard one, or both where there is no room between them.
    mutating func raiseDescriptors(_ processes: [Int]) {
        guard let process = processes.first.map({ evidence.now.processes[$0] }), let soft = process.descriptorLimit,
            let hard = process.descriptorHardLimit
        else { return }
        let most = evidence.now.limits.maxDescriptorsPerProcess ?? 1 << 20
        if soft < hard {
            now(.raiseDescriptors, "prlimit --pid \(process.pid) --nofile=\(min(hard, most)):\(hard)")
        } else if soft < most {
            let more = min(soft.times(2), most)
            now(.raiseHardLimit, "prlimit --pid \(process.pid) --nofile=\(more):\(more)")
        }
    }
}

/// Where a number comes from.
enum Input {
    /// The kernel's socket dump.
    case sockets
    /// The tables of descriptors.
    case descriptors
    /// Both looks at the sockets.
    case bothLooks
    /// `/proc/PID/…`
    case process(String)
    /// `/proc/sys/…`
    case sysctl(String)
    /// A file of the namespace or the host.
    case file(String)
    /// A counter of `/proc/net/netstat`.
    case counter(String)
    case threshold(String)
    /// What a running `linger serve` saw itself.
    case record
    /// The same, of something that is older than it.
    case recordBound

    /// What follows the input's name.
    static let twice = ", two samples"
    static let since = ", since it began"
    static let daemon = "linger serve"

    func name(in evidence: Evidence) -> String {
        switch self {
        case .sockets: evidence.now.socketSource == .iterators ? "iter/tcp" : "sock_diag"
        case .descriptors: evidence.now.holderSource == .iterators ? "iter/task_file" : "/proc/PID/fd"
        case .bothLooks: Self.sockets.name(in: evidence) + Self.twice
        case .process(let file): "/proc/PID/\(file)"
        case .sysctl(let name): "/proc/sys/\(name)"
        case .file(let path): path
        case .counter(let name): "/proc/net/netstat \(name)"
        case .threshold(let name): "threshold \(name)"
        case .record: Self.daemon
        case .recordBound: Self.daemon + Self.since
        }
    }
}

/// A filter of `linger list`, put together from conditions.
struct FilterText {
    private var states: [String]
    private var conditions: [String]

    init(_ states: [State] = [], _ conditions: [String?] = []) {
        self.states = states.map(Self.word)
        self.conditions = conditions.compactMap { $0 }
    }

    var text: String {
        let words = states.map { "state \($0)" }.joined(separator: " ")
        let all = conditions.joined(separator: " and ")
        return [words, all].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// With one more condition, unless it has it already.
    func and(_ condition: String?) -> FilterText {
        guard let condition, !conditions.contains(condition) else { return self }
        var longer = self
        longer.conditions.append(condition)
        return longer
    }

    /// Prints a plan, and changes nothing.
    var clearing: String { "linger clear '\(text)'" }

    var command: String { text.isEmpty ? "linger list" : "linger list '\(text)'" }

    /// The states by the names that `ss` has for them.
    private static func word(_ state: State) -> String {
        switch state {
        case .established: "established"
        case .synSent: "syn-sent"
        case .synReceived: "syn-recv"
        case .finWait1: "fin-wait-1"
        case .finWait2: "fin-wait-2"
        case .timeWait: "time-wait"
        case .closed: "closed"
        case .closeWait: "close-wait"
        case .lastAck: "last-ack"
        case .listen: "listening"
        case .closing: "closing"
        }
    }
}

extension Evidence {
    /// Exactly the connections that a group holds, as far as conditions can say it.
    func condition(holders group: HolderGroup) -> String? {
        switch group.who {
        case .processes:
            let pids = group.processes.map { "pid = \(now.processes[$0].pid)" }.joined(separator: " and ")
            let isPartOfMore =
                group.processes.count == 1
                && groups.contains { $0.processes.count > 1 && $0.processes.contains(group.processes[0]) }
            return isPartOfMore ? pids + " and not shared" : pids
        case .unseen, .kernelOrInFlight: return nil
        }
    }

    /// Nothing where `linger list` looks at this namespace and no other by itself: it is the host's only one, or all
    /// that the observer may see.
    func condition(namespace: Int?) -> String? {
        let isAll = now.namespaces.count == 1 && (now.isOfAllNamespaces || now.observer != 0)
        guard !isAll, let namespace, namespace < now.namespaces.count else { return nil }
        let found = now.namespaces[namespace]
        if let name = found.name, Shell.isPlain(name) { return "netns = \(name)" }
        return "netns = \(found.inode)"
    }

    var onlyNamespace: Int? { now.namespaces.count == 1 ? 0 : nil }

    /// What can be said of all of them: who holds them, the listener that they came through, the peer.
    func conditions(_ members: [Int32], _ subject: Subject) -> [String?] {
        let isOneGroup = Set(members.map { groupOf[Int($0)] }).count == 1
        return [
            isOneGroup ? group(members[0]).flatMap(condition(holders:)) : nil,
            subject.listener.map(condition(listener:)), subject.destination.map(condition(peer:)),
        ]
    }

    func condition(destination: Endpoint) -> String { "dst \(destination)" }
    func condition(remote: IPAddress) -> String { remote.family == .ipv6 ? "dst [\(remote)]" : "dst \(remote)" }
    /// A remote end; port 0 stands for any.
    func condition(peer: Endpoint) -> String {
        peer.port == 0 ? condition(remote: peer.address) : condition(destination: peer)
    }

    func condition(source: IPAddress) -> String { source.family == .ipv6 ? "src [\(source)]" : "src \(source)" }

    /// The port of a listener, and its address where it is not the wildcard.
    func condition(listener: Int) -> String {
        let local = now.connections[listener].local
        return local.address.isWildcard ? "sport = :\(local.port)" : "src \(local)"
    }
}

enum Shell {
    /// It can stand in a command as it is. A name that cannot is not put into one.
    static func isPlain(_ text: String) -> Bool {
        !text.isEmpty && !text.hasPrefix("-")
            && text.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
                    UInt8(ascii: "@"), UInt8(ascii: ":"):
                    true
                default: false
                }
            }
    }

    /// A command for the namespace that it has to act in.
    static func inside(_ namespace: Int?, of snapshot: Snapshot, _ command: String) -> String {
        guard let namespace, namespace < snapshot.namespaces.count else { return command }
        return inside(snapshot.namespaces[namespace], command)
    }

    static func inside(_ namespace: NetworkNamespace, _ command: String) -> String {
        if namespace.isOwn { return command }
        if let name = namespace.name, isPlain(name) { return "ip netns exec \(name) \(command)" }
        if let pid = namespace.pid { return "nsenter -t \(pid) -n \(command)" }
        return command
    }
}
