import Lab
import TCP

/// The sysctls of the host under test, as the scripts set them.
struct HostSettings {
    let profile: Configuration.Profile
    private var values: [String: String] = [:]

    init(_ profile: Configuration.Profile) { self.profile = profile }

    /// One line of `sysctl -w`: `name=value`.
    mutating func set(_ line: Substring) {
        let parts = line.split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else { return }
        values[parts[0].trimmed] = parts[1].trimmed
    }

    private func number(_ name: String, _ fallback: Int) -> Int { values[name].flatMap { Int($0) } ?? fallback }

    /// The n-th number of several (`tcp_rmem`).
    private func number(_ name: String, _ index: Int, _ fallback: Int) -> Int {
        let numbers = (values[name] ?? "").split(whereSeparator: { $0 == " " || $0 == "\t" })
        guard index < numbers.count else { return fallback }
        return Int(numbers[index]) ?? fallback
    }

    private func isOn(_ name: String, _ fallback: Bool = true) -> Bool { number(name, fallback ? 1 : 0) != 0 }

    /// What SO_RCVBUF and SO_SNDBUF begin with.
    var receiveBuffer: Int32 {
        switch profile {
        case .rfc: 65_535
        case .linux: Int32(clamping: number("net.ipv4.tcp_rmem", 1, 131_072))
        case .freeBSD: Int32(clamping: number("net.inet.tcp.recvspace", 65_536))
        }
    }
    var sendBuffer: Int32 {
        switch profile {
        case .rfc: 65_535
        case .linux: Int32(clamping: number("net.ipv4.tcp_wmem", 1, 16_384))
        case .freeBSD: Int32(clamping: number("net.inet.tcp.sendspace", 32_768))
        }
    }

    var answersUnknown: Bool { profile != .freeBSD || !isOn("net.inet.tcp.blackhole", false) }

    var configuration: Configuration {
        var configuration = Configuration(profile)
        configuration.receiveBufferSize = receiveBuffer
        switch profile {
        case .rfc: break
        case .linux: setLinux(&configuration)
        case .freeBSD: setFreeBSD(&configuration)
        }
        return configuration
    }

    /// Documentation/networking/ip-sysctl.rst
    private func setLinux(_ configuration: inout Configuration) {
        configuration.offersTimestamps = isOn("net.ipv4.tcp_timestamps")
        configuration.offersSACK = isOn("net.ipv4.tcp_sack")
        configuration.reportsDuplicates = isOn("net.ipv4.tcp_dsack")
        configuration.probesTailLoss = number("net.ipv4.tcp_early_retrans", 3) >= 3
        configuration.duplicateThreshold = UInt8(clamping: number("net.ipv4.tcp_reordering", 3))
        configuration.synRetries = UInt8(clamping: number("net.ipv4.tcp_syn_retries", 6))
        configuration.synAckRetries = UInt8(clamping: number("net.ipv4.tcp_synack_retries", 5))
        configuration.protectsTimeWait = isOn("net.ipv4.tcp_rfc1337", false)
        // tcp_select_initial_window: as many bits as the largest buffer has beyond 16.
        let largest = number("net.ipv4.tcp_rmem", 2, 6_291_456)
        let shift = max(0, Int.bitWidth - 1 - largest.leadingZeroBitCount - 15)
        configuration.windowScale = isOn("net.ipv4.tcp_window_scaling") ? UInt8(min(shift, 14)) : nil
    }

    /// tcp(4)
    private func setFreeBSD(_ configuration: inout Configuration) {
        let extensions = number("net.inet.tcp.rfc1323", 1)
        configuration.offersTimestamps = extensions == 1 || extensions == 3
        configuration.offersSACK = isOn("net.inet.tcp.sack.enable")
        var shift: UInt8 = 0
        let largest = number("kern.ipc.maxsockbuf", 2_097_152)
        while shift < 14, 65_535 << Int(shift) < largest { shift += 1 }
        configuration.windowScale = extensions == 1 || extensions == 2 ? shift : nil
        configuration.dropsSynFin = isOn("net.inet.tcp.drop_synfin", false)
        configuration.initialTimeout = Int64(number("net.inet.tcp.rexmit_initial", 1000)) * 1000
        if isOn("net.inet.tcp.insecure_rst", false) || isOn("net.inet.tcp.insecure_syn", false) {
            configuration.challenges = .off
        }
    }

    func stack(_ flags: Flags) -> Stack.Settings {
        // Runs are repeated: the secret is none.
        var stack = Stack.Settings(configuration, key: (0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210))
        stack.mtu = flags.mtu
        stack.addresses = []
        stack.answersUnknown = answersUnknown
        stack.sendBufferSize = Int(sendBuffer)
        return stack
    }
}

extension Substring {
    fileprivate var trimmed: String {
        let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\"" }
        return String(drop(while: blank).reversed().drop(while: blank).reversed())
    }
}
