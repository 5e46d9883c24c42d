/// A kernel setting that `linger tune` may change: how far, in which direction, and whose it is. What is not in the table is
/// told and never written. The source of ranges and meanings is the kernel's Documentation/networking/ip-sysctl.rst,
/// where no other is named.
package struct Tunable: Sendable {
    package enum Scope: String, Sendable {
        /// Each network namespace has its own.
        case namespace
        case host
    }

    /// A change the other way would take away what somebody gave on purpose.
    package enum Direction: Sendable {
        /// Never lowered.
        case up
        /// Never raised. `zero`: what 0 stands for, where it does not stand for itself.
        case down(zero: UInt64?)
        /// Two ends: the first only goes down, the second only up.
        case wider
        /// A choice, not a size.
        case choice
    }

    package let name: String
    package let scope: Scope
    package let direction: Direction
    /// Of each number: what is beyond this is nonsense, or no cure.
    package let range: ClosedRange<UInt64>
    /// How the doctor comes to its proposal.
    package let formula: String
    /// Where the kernel describes it.
    package let documentation: String

    private init(
        _ name: String, _ scope: Scope, _ direction: Direction, _ range: ClosedRange<UInt64>, _ formula: String,
        _ documentation: String = "networking/ip-sysctl.rst"
    ) {
        self.name = name
        self.scope = scope
        self.direction = direction
        self.range = range
        self.formula = formula
        self.documentation = "Documentation/" + documentation
    }

    package static func named(_ name: String) -> Tunable? { all.first { $0.name == name } }

    /// One line a setting.
    package static let all: [Tunable] = [
        Tunable("net.core.somaxconn", .namespace, .up, 1...65_535, "max(4096, 4 × now)", "admin-guide/sysctl/net.rst"),
        Tunable("net.ipv4.ip_local_port_range", .namespace, .wider, 1024...65_535, "min(low, 10240) … 65535"),
        Tunable("net.ipv4.tcp_fin_timeout", .namespace, .down(zero: nil), 5...120, "15 s"),
        Tunable("net.ipv4.tcp_keepalive_time", .namespace, .down(zero: nil), 30...86_400, "600 s"),
        Tunable("net.ipv4.tcp_max_tw_buckets", .namespace, .up, 1...4_194_304, "2 × max(now, used)"),
        // 0 stands for 8 (tcp_orphan_retries of net/ipv4/tcp_timer.c).
        Tunable("net.ipv4.tcp_orphan_retries", .namespace, .down(zero: 8), 1...15, "3"),
        Tunable("net.ipv4.tcp_syncookies", .namespace, .up, 0...2, "1"),
        Tunable("net.ipv4.tcp_tw_reuse", .namespace, .choice, 0...2, "1"),
        Tunable(
            "net.netfilter.nf_conntrack_tcp_timeout_established", .namespace, .down(zero: nil), 3600...432_000,
            "86400 s",
            "networking/nf_conntrack-sysctl.rst"),
        // The host's first namespace alone can set it.
        Tunable(
            "net.netfilter.nf_conntrack_max", .host, .up, 1...4_194_304, "2 × now", "networking/nf_conntrack-sysctl.rst"
        ),
        // Up to 64 KiB of memory each, which cannot be swapped.
        Tunable("net.ipv4.tcp_max_orphans", .host, .up, 1...1_048_576, "2 × now"),
        Tunable("net.ipv4.tcp_mem", .host, .up, 1...(1 << 40), "2 × now, up to half of the memory"),
        Tunable("fs.file-max", .host, .up, 1...(1 << 40), "2 × now", "admin-guide/sysctl/fs.rst"),
    ]
}

/// Why a proposal is not taken.
package enum TuneRefusal: Error, Sendable, Hashable {
    /// The table does not have it.
    case unknown
    /// It is so already, or further that way.
    case already(String)
    /// Beyond what the table allows; a proposal to raise is cut to that first.
    case outOfRange
    /// More than half of the host's memory.
    case tooMuchMemory
    /// The value that is there is none that we understand.
    case unreadable(String)

    /// In JSON.
    package var key: String {
        switch self {
        case .unknown: "unknown"
        case .already: "already"
        case .outOfRange: "out_of_range"
        case .tooMuchMemory: "too_much_memory"
        case .unreadable: "unreadable"
        }
    }
}

extension Tunable {
    /// What to write, or why nothing.
    /// - Parameters:
    ///   - now: the value that is there.
    ///   - wanted: the proposal.
    ///   - memoryPages: of the host, for settings that are counted in pages.
    package func value(from now: String, to wanted: String, memoryPages: UInt64?) throws(TuneRefusal) -> String {
        let (old, new) = (Self.numbers(now), Self.numbers(wanted))
        guard let old else { throw .unreadable(now) }
        guard var new, new.count == old.count, !new.isEmpty else { throw .outOfRange }
        for place in new.indices {
            // Raised as far as it goes.
            if case .up = direction { new[place] = min(new[place], range.upperBound) }
            guard range.contains(new[place]) else { throw .outOfRange }
            new[place] = kept(old[place], new[place], place)
        }
        if new == old { throw .already(now) }
        if name == "net.ipv4.tcp_mem" {
            guard zip(new, new.dropFirst()).allSatisfy(<=) else { throw .outOfRange }
            if let memoryPages, let high = new.last, high > memoryPages / 2 { throw .tooMuchMemory }
        }
        if case .wider = direction, new.count != 2 || new[0] >= new[1] { throw .outOfRange }
        return new.map(String.init).joined(separator: " ")
    }

    /// Of the value that is there and the one that is wanted, the one that goes further the right way.
    private func kept(_ old: UInt64, _ new: UInt64, _ place: Int) -> UInt64 {
        switch direction {
        case .up: return max(old, new)
        case .down(let zero):
            let meant = old == 0 ? zero ?? old : old
            return new < meant ? new : old
        case .wider: return place == 0 ? min(old, new) : max(old, new)
        case .choice: return new
        }
    }

    private static func numbers(_ text: String) -> [UInt64]? {
        let words = text.split(separator: " ")
        let numbers = words.compactMap { UInt64($0) }
        return numbers.count == words.count && !numbers.isEmpty ? numbers : nil
    }
}
