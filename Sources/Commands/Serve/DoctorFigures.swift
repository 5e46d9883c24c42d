import Diagnosis
import Sockets
import TCP

/// What the metrics say of the last examination.
struct DoctorFigures: Sendable {
    struct AcceptQueue: Sendable {
        var listener: String
        var namespace: String
        var program: String
        var length: UInt32
        var limit: UInt32
    }

    struct Ports: Sendable {
        var namespace: String
        var used: Int
        var total: Int
    }

    /// Listeners and namespaces that have labels of their own: the fullest.
    static let most = 50

    private(set) var examinations: UInt64 = 0
    /// Seconds, of the last one.
    private(set) var seconds = 0.0
    /// Milliseconds since 1970, of the look.
    private(set) var time: UInt64 = 0
    /// Part of the host could not be seen.
    private(set) var isPartial = false
    private(set) var findings: [Finding.Kind: [Finding.Severity: Int]] = [:]
    private(set) var queues: [AcceptQueue] = []
    private(set) var ports: [Ports] = []

    /// `2 findings`, for a line of status.
    var summary: String {
        let count = findings.values.reduce(0) { sum, severities in
            sum + severities.reduce(0) { $0 + ($1.key > .info ? $1.value : 0) }
        }
        return count == 1 ? "1 finding" : "\(count) findings"
    }

    mutating func note(_ found: [Finding], in snapshot: Snapshot, seconds: Double) {
        examinations += 1
        self.seconds = seconds
        time = snapshot.time
        isPartial = snapshot.gaps.contains(where: \.isPartial)
        findings = [:]
        for finding in found { findings[finding.kind, default: [:]][finding.severity, default: 0] += 1 }
        queues = Self.queues(in: snapshot)
        ports = Diagnosis.busiestPorts(in: snapshot).sorted { $0.used > $1.used }.prefix(Self.most).map { ports in
            Ports(namespace: snapshot.nameOfNamespace(ports.namespace), used: ports.used, total: ports.total)
        }
    }

    private static func queues(in snapshot: Snapshot) -> [AcceptQueue] {
        struct Key: Hashable { var listener, namespace, program: String }
        // Listeners that share an address (SO_REUSEPORT) have one line: what waits, and how many may.
        var queues: [Key: AcceptQueue] = [:]
        for connection in snapshot.connections where connection.state == .listen {
            let process = snapshot.holders(of: connection).first.map { Int($0.process) }
            let command = process.flatMap {
                snapshot.processes.indices.contains($0) ? snapshot.processes[$0].command : nil
            }
            let key = Key(
                listener: connection.local.description, namespace: snapshot.nameOfNamespace(Int(connection.namespace)),
                program: command?.escapedForTerminal ?? ProgramLabels.unknown)
            var queue =
                queues[key]
                ?? AcceptQueue(
                    listener: key.listener, namespace: key.namespace, program: key.program, length: 0, limit: 0)
            queue.length &+= connection.receiveQueue
            queue.limit &+= connection.sendQueue
            queues[key] = queue
        }
        let fullest = queues.values.sorted { one, two in
            one.length == two.length
                ? (one.listener, one.namespace, one.program) < (two.listener, two.namespace, two.program)
                : one.length > two.length
        }
        return Array(fullest.prefix(most))
    }
}

extension Snapshot {
    fileprivate func nameOfNamespace(_ index: Int) -> String {
        guard namespaces.indices.contains(index) else { return ProgramLabels.unknown }
        let namespace = namespaces[index]
        return namespace.name?.escapedForTerminal ?? "net:[\(namespace.inode)]"
    }
}
