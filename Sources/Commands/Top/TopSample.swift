import Diagnosis
import Sockets
import TCP
import Watching

/// What one refresh knows of the host. A value: the screen is drawn out of it on another thread.
struct TopSample: Sendable {
    var rows: Rows
    /// Local time of day: `12:34:56`.
    var clock = ""
    /// Nanoseconds on the monotonic clock.
    var monotonic: UInt64 = 0
    /// By index of the snapshot's connections.
    var ages: [TopAge] = []
    /// Over the last seconds; `nil` until there is something to compare.
    var rates: TopRates?
    var method = TopMethod.snapshots
    /// The doctor's last look; `nil` before the first.
    var findings: [TopFinding]?
    var report: DoctorReport?
    /// Of the connection that was asked for.
    var life: TopLife?
    /// Seconds between two looks, as they are taken now.
    var interval = 1.0

    var snapshot: Snapshot { rows.snapshot }
    var connections: [Connection] { rows.connections }

    func age(of index: Int) -> TopAge { ages.indices.contains(index) ? ages[index] : .unknown }

    /// Index of a connection, by its cookie.
    func index(of cookie: UInt64) -> Int? { connections.firstIndex { $0.cookie == cookie } }

    func inode(ofNamespace index: UInt16) -> UInt32 {
        snapshot.namespaces.indices.contains(Int(index)) ? snapshot.namespaces[Int(index)].inode : 0
    }
}

/// How long a connection is in its state.
struct TopAge: Sendable, Equatable {
    @Seen private(set) var milliseconds: UInt32?
    /// Else it is the least that it can be.
    var isExact: Bool

    static let unknown = TopAge(nil)

    /// What takes longer than 49 days is cut to them.
    init(_ milliseconds: UInt64?, isExact: Bool = false) {
        self.isExact = isExact
        self.milliseconds = milliseconds.map { UInt32(clamping: min($0, UInt64(UInt32.max - 1))) }
    }

    static func == (one: TopAge, other: TopAge) -> Bool {
        one.milliseconds == other.milliseconds && one.isExact == other.isExact
    }

    /// `≥12m`, `34s`, `-`
    var text: String {
        guard let milliseconds else { return "-" }
        return (isExact ? "" : "\u{2265}") + TopText.duration(UInt64(milliseconds))
    }
}

/// How often connections are opened and closed, by group.
struct TopRates: Sendable, Equatable {
    struct Counts: Sendable, Equatable {
        var opened = 0
        var closed = 0
    }

    var counts: [TopKey: Counts] = [:]
    var seconds = 1.0

    /// Groups that are counted; a flood has a sender a connection.
    private static let most = 65_536

    mutating func open(_ key: TopKey) {
        if hasRoom(key) { counts[key, default: Counts()].opened += 1 }
    }

    mutating func close(_ key: TopKey) {
        if hasRoom(key) { counts[key, default: Counts()].closed += 1 }
    }

    private func hasRoom(_ key: TopKey) -> Bool { counts.count < Self.most || counts[key] != nil }

    func opened(_ key: TopKey) -> Double { Double(counts[key]?.opened ?? 0) / seconds }
    func closed(_ key: TopKey) -> Double { Double(counts[key]?.closed ?? 0) / seconds }
}

/// How the host is seen.
enum TopMethod: Sendable, Equatable {
    /// Every transition, by eBPF. With the number of those that were lost.
    case stream(lost: UInt64)
    /// By looks alone: what lives shorter than from one to the next is not counted.
    case snapshots
}

/// A line of what is wrong.
struct TopFinding: Sendable, Equatable {
    var kind: Finding.Kind
    var severity: Finding.Severity
    var headline: String
    /// The processes that it is about.
    var processes: [TopKey] = []
    /// The listener, or the destination, that it is about.
    var place: TopKey?
}

/// What is known of a connection's past.
struct TopLife: Sendable, Equatable {
    struct Stage: Sendable, Equatable {
        var state: State
        /// Local time of day; `nil` where it was not seen.
        var entered: String?
        /// Microseconds in it.
        var lasted: UInt64?
        /// Else it was there before it was seen: longer than that.
        var isExact: Bool
    }

    var cookie: UInt64
    var stages: [Stage]
    /// `nginx[812] fd 7`; `nil` where nobody was seen to open it.
    var owner: String?
}
