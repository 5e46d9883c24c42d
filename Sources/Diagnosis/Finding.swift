package import Sockets

/// One thing that is wrong (or looks wrong and is not), with everything a person needs to act on it.
///
/// The texts are keys and facts here; `Phrasebook` makes sentences of them in the reader's language.
package struct Finding: Sendable {
    /// What it is. The raw value is the name in JSON, in `linger explain` and in documents; it never changes.
    package enum Kind: String, CaseIterable, Sendable {
        // Rule 1
        case closeWaitLeak = "close_wait_leak"
        case closeWaitPool = "close_wait_pool"
        // Rule 2
        case acceptStalled = "accept_stalled"
        case acceptQueueFull = "accept_queue_full"
        // Rule 3
        case timeWaitPorts = "time_wait_ports"
        case timeWaitBuckets = "time_wait_buckets"
        case timeWaitNormal = "time_wait_normal"
        // Rule 4
        case finWait2Held = "fin_wait_2_held"
        case finWait2Orphaned = "fin_wait_2_orphaned"
        // Rule 5
        case closingStuck = "closing_stuck"
        // Rule 6
        case synFlood = "syn_flood"
        case handshakeStuck = "handshake_stuck"
        case connectUnanswered = "connect_unanswered"
        // Rule 7
        case peerUnresponsive = "peer_unresponsive"
        case zeroWindow = "zero_window"
        case idleWithoutKeepalive = "idle_without_keepalive"
        // Rule 8
        case manyConnections = "many_connections"
        case ephemeralPorts = "ephemeral_ports"
        // Rule 9
        case descriptorsLow = "descriptors_low"
        case closedDescriptors = "closed_descriptors"
        // Rule 10
        case tcpMemory = "tcp_memory"
        case orphanLimit = "orphan_limit"
        case conntrackFull = "conntrack_full"
        case fileTable = "file_table"
    }

    package enum Severity: Int, Comparable, Sendable {
        /// Looks alarming and is normal, or is below a threshold: shown, but no reason for exit code 1.
        case info = 0
        case warning = 1
        /// Clients are refused now, or something runs out soon.
        case critical = 2

        package var key: String {
            switch self {
            case .info: "info"
            case .warning: "warning"
            case .critical: "critical"
            }
        }

        package static func < (left: Severity, right: Severity) -> Bool { left.rawValue < right.rawValue }
    }

    package var kind: Kind
    package var severity: Severity
    /// Whom it is about.
    package var subject: Subject
    /// The numbers and names that the sentences are made of, in the order in which they are shown as evidence.
    package var facts: [Fact]
    /// What runs out and when, at the present rate.
    package var forecast: Forecast?
    /// The variant of the cause that the facts point to; a key into the phrasebook (`close_wait_leak.shared`).
    package var cause: String
    package var remedies: [Remedy]
    /// The connections that it is about: indices into the later snapshot's `connections`.
    package var connections: [Int]
    /// The filter that lists them with `linger list`, where one can be written.
    package var filter: String?
    /// It lists these and nothing else. False where it may list others of the same kind.
    package var filterIsExact: Bool

    package init(
        kind: Kind, severity: Severity, subject: Subject, facts: [Fact], forecast: Forecast? = nil, cause: String,
        remedies: [Remedy], connections: [Int] = [], filter: String? = nil, filterIsExact: Bool = false
    ) {
        self.kind = kind
        self.severity = severity
        self.subject = subject
        self.facts = facts
        self.forecast = forecast
        self.cause = cause
        self.remedies = remedies
        self.connections = connections
        self.filter = filter
        self.filterIsExact = filterIsExact
    }
}

/// Whom a finding is about. Every part that applies is there.
package struct Subject: Sendable, Hashable {
    /// Indices into `Snapshot.processes`; more than one where they share the sockets.
    package var processes: [Int]
    /// Index of the listener in `Snapshot.connections`.
    package var listener: Int?
    package var source: IPAddress?
    package var destination: Endpoint?
    /// Index into `Snapshot.namespaces`.
    package var namespace: Int?

    package init(
        processes: [Int] = [], listener: Int? = nil, source: IPAddress? = nil, destination: Endpoint? = nil,
        namespace: Int? = nil
    ) {
        self.processes = processes
        self.listener = listener
        self.source = source
        self.destination = destination
        self.namespace = namespace
    }
}

/// A number or a name, and the input that it was read from.
package struct Fact: Sendable, Hashable {
    package enum Value: Sendable, Hashable {
        case count(UInt64)
        case bytes(UInt64)
        case milliseconds(UInt64)
        case perSecond(Double)
        /// 0 … 1
        case share(Double)
        case text(String)
        case flag(Bool)
    }

    /// JSON key, snake case, never translated: `held`, `oldest_ms`, `unread_bytes`.
    package var key: String
    package var value: Value
    /// The input: `sock_diag`, `/proc/sys/net/ipv4/tcp_max_orphans`, `threshold close_wait.leak_count`.
    package var source: String

    /// A running daemon saw it itself: an age is no bound then.
    package var isExact: Bool { source == Input.daemon }

    package init(_ key: String, _ value: Value, source: String) {
        self.key = key
        self.value = value
        self.source = source
    }
}

/// What runs out.
package struct Forecast: Sendable, Hashable {
    package enum Resource: String, Sendable {
        case descriptors, ephemeralPorts = "ephemeral_ports", acceptQueue = "accept_queue", synQueue = "syn_queue"
        case timeWaitBuckets = "time_wait_buckets", orphans, conntrack, tcpMemory = "tcp_memory", files
    }

    package var resource: Resource
    package var used: UInt64
    package var limit: UInt64
    /// Index into `Snapshot.processes`, where it is a process's.
    package var process: Int?
    /// `nil` with one look and no daemon.
    package var growth: Growth?

    package var perSecond: Double? { growth?.perSecond }

    /// Seconds until the limit at this rate; `nil` when it does not grow or that is not known; 0 when it is full.
    package var secondsLeft: Double? {
        if used >= limit { return 0 }
        guard let perSecond, perSecond > 0 else { return nil }
        return Double(limit - used) / perSecond
    }

    /// The earliest and the latest that the limit is reached, in `Growth.confidence` of all cases; `nil` where
    /// `secondsLeft` is nothing that is still to come. `latest` is `nil` where it may never be.
    package var interval: (earliest: Double, latest: Double?)? {
        guard used < limit else { return nil }
        return growth?.time(until: Double(limit - used)).map { ($0.earliest, $0.latest) }
    }

    package init(resource: Resource, used: UInt64, limit: UInt64, growth: Growth?, process: Int? = nil) {
        self.resource = resource
        self.used = used
        self.limit = limit
        self.growth = growth
        self.process = process
    }
}

/// Something to do, with its risk. Texts are in the phrasebook under `key`.
package struct Remedy: Sendable, Hashable {
    package enum When: String, Sendable { case now, forGood = "for_good" }

    package var when: When
    /// Phrasebook key: `close_wait.restart`.
    package var key: String
    /// A shell command that does it, ready to paste, where there is one.
    package var command: String?
    /// The kernel setting that it changes, where it changes one.
    package var setting: Setting?
    /// Where that is set: an index into `Snapshot.namespaces`; `nil` for the host, or the observer's own namespace.
    package var namespace: Int?

    package init(_ when: When, _ key: String, command: String? = nil) {
        self.when = when
        self.key = key
        self.command = command
    }
}
