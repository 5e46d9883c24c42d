import Diagnosis
import Kernel
import Lab
import Sockets
import TCP

/// What `linger lab crowd` prints when the pile stands.
struct CrowdPage {
    var crowd: Crowd
    var options: CrowdOptions
    var seconds: Double?

    static var list: String {
        let width = CrowdPile.all.map(\.name.count).max() ?? 0
        return CrowdPile.all.map { pile in
            let padding = String(repeating: " ", count: width - pile.name.count)
            let place = pile.ownNamespaceBecause == nil ? "" : " (not with --here)"
            return "\(pile.name)\(padding)  \(pile.about)\(place)\n"
        }.joined()
    }

    // MARK: For people

    var text: String {
        let inside =
            crowd.isInUserNamespace ? "nsenter --target \(OwnProcess.pid) --user --net --preserve-credentials " : ""
        let netns = options.isHere || crowd.isInUserNamespace ? "own" : "pid:\(OwnProcess.pid)"
        var lines = ["\(crowd.pile.name): \(crowd.pile.about)"]
        if options.isHealthy {
            lines[0] = "The healthy neighbour of \(crowd.pile.name): the same shape, nothing wrong."
        }
        lines.append("")
        for process in crowd.processes where options.isHere || !process.role.hasPrefix("peer") {
            lines.append("  process   \(process.name) (pid \(process.pid))")
        }
        lines.append("  sockets   \(states) (as the kernel shows them)")
        if !crowd.ports.isEmpty {
            lines.append("  ports     \(crowd.ports.map { String($0) }.joined(separator: ", "))")
        }
        lines.append(
            options.isHere
                ? "  where     on this host's own loopback: both ends of each connection are seen"
                : "  where     in network namespace \(crowd.namespaceInode ?? 0); the peers are in another")
        if let ends = crowd.pile.ends, !options.isHealthy { lines.append("  lasts     \(ends)") }
        lines += ["", "Look at it from another terminal:"]
        lines += ["linger doctor", "linger list --all"].map { "  \(inside)\($0) --netns \(netns)" }
        lines.append(
            "  \(inside.isEmpty && !options.isHere ? "nsenter --target \(OwnProcess.pid) --net " : inside)ss -tanp")
        lines += [
            "", doctor, "", seconds.map { "It ends after \(Self.text($0)) s, or at Ctrl-C." } ?? "Ctrl-C ends it.",
        ]
        return lines.joined(separator: "\n")
    }

    private var states: String {
        let sorted = crowd.promise.states.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
        if sorted.isEmpty { return "none in any state but CLOSED" }
        return sorted.map { "\($0.key.name) \($0.value)" }.joined(separator: ", ")
    }

    /// What it will say, and when: a pile is none while it is younger than the threshold.
    private var doctor: String {
        guard let finding = crowd.promise.finding else { return "The doctor has nothing to say of it." }
        guard let wait = Self.wait(for: finding) else { return "The doctor calls it \(finding)." }
        return "The doctor calls it \(finding), after \(Self.text(wait.seconds)) s (threshold \(wait.threshold))."
    }

    private static func wait(for finding: String) -> (seconds: Double, threshold: String)? {
        let thresholds = Thresholds()
        return switch Finding.Kind(rawValue: finding) {
        case .closeWaitLeak: (thresholds.closeWaitLeakSeconds, "close_wait.leak_seconds")
        case .acceptStalled: (thresholds.acceptStalledSeconds, "accept.stalled_seconds")
        case .finWait2Held: (thresholds.finWait2HeldSeconds, "fin_wait_2.held_seconds")
        case .closingStuck: (thresholds.closingSeconds, "closing.seconds")
        case .idleWithoutKeepalive: (thresholds.idleSeconds, "idle.seconds")
        default: nil
        }
    }

    /// 10, 0.5
    private static func text(_ number: Double) -> String {
        number == number.rounded() ? String(Int(number)) : String(number)
    }

    // MARK: For scripts

    /// One line; its keys are documented in linger(8).
    var json: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("ready")
        writer.value(true)
        writer.key("pile")
        writer.value(crowd.pile.name)
        writer.key("healthy")
        writer.value(options.isHealthy)
        writer.key("netns_pid")
        writer.value(OwnProcess.pid)
        writer.key("netns_inode")
        writer.value(crowd.namespaceInode)
        writer.key("peer_netns_inode")
        writer.value(crowd.peerNamespaceInode)
        writer.key("processes")
        writer.beginArray()
        for process in crowd.processes {
            writer.beginObject()
            writer.key("role")
            writer.value(process.role)
            writer.key("name")
            writer.value(process.name)
            writer.key("pid")
            writer.value(process.pid)
            writer.endObject()
        }
        writer.endArray()
        writer.key("ports")
        writer.beginArray()
        for port in crowd.ports { writer.value(port) }
        writer.endArray()
        writer.key("states")
        writer.beginObject()
        for (state, count) in crowd.promise.states.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            writer.key(state.key)
            writer.value(count)
        }
        writer.endObject()
        writeFinding(&writer)
        writer.endObject()
        return String(decoding: writer.drain(), as: UTF8.self)
    }

    private func writeFinding(_ writer: inout JSONWriter) {
        writer.key("finding")
        guard let kind = crowd.promise.finding else { return writer.null() }
        writer.beginObject()
        writer.key("kind")
        writer.value(kind)
        writer.key("pids")
        writer.beginArray()
        for pid in crowd.promise.pids { writer.value(pid) }
        writer.endArray()
        writer.key("count")
        writer.value(crowd.promise.count)
        writer.key("listener")
        writer.value(crowd.promise.listener)
        writer.key("destination")
        writer.value(crowd.promise.destination)
        writer.endObject()
    }
}
