package import Sockets

/// What the daemon clears by itself: which connections, from when on, how, and within which bounds. docs/policies.md tells
/// of each. Times are milliseconds.
package struct Policy: Sendable, Hashable {
    package var name: String
    package var filter: Filter
    /// A connection is meant once it has matched for so long, in each look since.
    package var lasting: UInt64
    /// It acts only where so many are meant at once.
    package var least = 1
    /// `nil`: the gentlest that works, connection by connection.
    package var level: Level?
    package var perMinute: Int
    /// In its whole life: one that would clear more switches itself off.
    package var inAll: Int
    /// It does not act then.
    package var quiet: [QuietTime] = []
    /// It says what it would do, and does nothing.
    package var isDryRun = true
    /// So long it must have been in dry run before its first real act.
    package var dryRunTime: UInt64 = 24 * 3_600_000
    /// A pile that was cleared and came back so often, within `comebackTime`, switches it off.
    package var comebacks = 3
    package var comebackTime: UInt64 = 24 * 3_600_000
    /// A person's own words.
    package var note = ""

    package init(name: String, filter: Filter, lasting: UInt64, perMinute: Int, inAll: Int) {
        self.name = name
        self.filter = filter
        self.lasting = lasting
        self.perMinute = perMinute
        self.inAll = inAll
    }

    /// Two policies with the same are the same but for `isDryRun`: what was learned in dry run holds for both. Another one
    /// begins anew.
    package var fingerprint: String {
        let parts = [
            name, filter.text, "\(lasting)", "\(least)", level?.rawValue ?? "", "\(perMinute)", "\(inAll)",
            quiet.map(\.description).joined(separator: ","), "\(dryRunTime)", "\(comebacks)", "\(comebackTime)", note,
        ]
        // FNV-1a: it need not withstand anybody.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in parts.joined(separator: "\0").utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }
}
