internal import Glibc
internal import Sockets

/// Reads what /proc tells of a process (proc(5)). A process that is gone or hidden leaves nils.
struct ProcessReader {
    let inputs: Inputs
    /// Milliseconds since boot, suspended time included, to turn start times into ages.
    let uptime: UInt64
    /// sysconf(_SC_CLK_TCK)
    let ticksPerSecond: UInt64
    let users: [UInt32: String]

    init(inputs: Inputs, host: HostFacts) {
        self.inputs = inputs
        uptime = host.boottime
        ticksPerSecond = max(1, host.ticksPerSecond)
        users = Self.users(inputs)
    }

    /// - Parameters:
    ///   - details: command line, cgroup and limits too.
    ///   - startedBefore: it was there before the look; one that started later is another with the same number.
    func read(_ pid: Int32, details: Bool, startedBefore: Bool = false) -> ProcessRecord? {
        let folder = "/proc/\(pid)"
        guard let stat = try? inputs.file("\(folder)/stat"), var record = parseStat(stat, pid: pid) else { return nil }
        if startedBefore, let begun = record.startTicks.flatMap(milliseconds), begun > uptime { return nil }
        guard details else { return record }
        if let status = try? inputs.file("\(folder)/status"), let uids = ProcText(status).value(of: "Uid"),
            uids.count > 1
        {
            record.uid = ProcText.integer(uids[1])
            record.user = record.uid.flatMap { users[$0] }
        }
        if let line = try? inputs.file("\(folder)/cmdline") { record.commandLine = Self.commandLine(line) }
        if let file = try? inputs.file("\(folder)/cgroup"), let cgroup = CgroupPath(file: file) {
            record.cgroup = cgroup.path
            record.unit = cgroup.unit
            record.unitUser = cgroup.unitUser
            record.container = cgroup.container
        }
        if let limits = try? inputs.file("\(folder)/limits") {
            (record.descriptorLimit, record.descriptorHardLimit) = Self.descriptorLimits(limits)
        }
        if let link = try? inputs.link("\(folder)/ns/net") { record.namespace = namespaceInode(link) }
        return record
    }

    /// proc_pid_stat(5): `pid (comm) state ppid …`, the start time as field 22. `comm` may hold blanks and parentheses.
    func parseStat(_ bytes: [UInt8], pid: Int32) -> ProcessRecord? {
        guard let open = bytes.firstIndex(of: UInt8(ascii: "(")), let close = bytes.lastIndex(of: UInt8(ascii: ")")),
            open < close
        else { return nil }
        var record = ProcessRecord(pid: pid, command: String(decoding: bytes[(open + 1)..<close], as: UTF8.self))
        let fields = ProcText(bytes[(close + 1)...]).words
        // Behind the name come fields 3 (state), 4 (parent) … 22 (start).
        if fields.count > 1 { record.parent = ProcText.integer(fields[1]) }
        if fields.count > 19, let ticks: UInt64 = ProcText.integer(fields[19]) {
            record.startTicks = ticks
            record.age = milliseconds(ticks).map { uptime >= $0 ? uptime - $0 : 0 }
        }
        return record
    }

    /// Clock ticks as milliseconds; nil for a number that no clock reaches.
    private func milliseconds(_ ticks: UInt64) -> UInt64? {
        let (whole, overflow) = (ticks / ticksPerSecond).multipliedReportingOverflow(by: 1000)
        let (sum, carry) = whole.addingReportingOverflow(ticks % ticksPerSecond * 1000 / ticksPerSecond)
        return overflow || carry ? nil : sum
    }

    private static func commandLine(_ bytes: [UInt8]) -> String? {
        let words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        return words.joined(separator: " ")
    }

    /// `Max open files  SOFT  HARD  files` (proc_pid_limits(5)).
    static func descriptorLimits(_ bytes: [UInt8]) -> (soft: UInt64?, hard: UInt64?) {
        guard let words = ProcText(bytes).words(behind: "Max open files") else { return (nil, nil) }
        func limit(_ index: Int) -> UInt64? {
            guard words.indices.contains(index) else { return nil }
            return words[index].elementsEqual("unlimited".utf8) ? .max : ProcText.integer(words[index])
        }
        return (limit(0), limit(1))
    }

    /// passwd(5): names of users. Directory services are not asked: that may take seconds when the network is in trouble.
    private static func users(_ inputs: Inputs) -> [UInt32: String] {
        guard let bytes = try? inputs.file("/etc/passwd") else { return [:] }
        var users: [UInt32: String] = [:]
        for line in ProcText(bytes).lines {
            let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard fields.count > 2, let uid: UInt32 = ProcText.integer(fields[2]), users[uid] == nil else { continue }
            users[uid] = String(decoding: fields[0], as: UTF8.self)
        }
        return users
    }
}

/// The number in `net:[4026531840]`.
func namespaceInode(_ link: String) -> UInt32? {
    guard link.hasPrefix("net:["), link.hasSuffix("]") else { return nil }
    return UInt32(link.dropFirst(5).dropLast())
}
