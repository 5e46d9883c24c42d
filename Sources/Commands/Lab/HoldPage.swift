import Kernel
import Lab
import Sockets
import TCP

/// What `linger lab hold` prints when the sockets are held.
struct HoldPage {
    var hold: Hold
    var seconds: Double?
    /// Who started it was root; in a user namespace of its own, every process is.
    var isRoot: Bool

    private var state: State { hold.state.state }

    // MARK: For people

    var text: String {
        let sockets = hold.count == 1 ? "1 socket" : "\(hold.count) sockets"
        let proof = hold.state == .closed ? "TCP_INFO of each says so" : "the kernel shows them so (sock_diag)"
        var lines = ["\(sockets) held in \(state.name), the \(hold.side.rawValue)'s side: \(proof)."]
        lines += TextWrap.lines(hold.state.explanation(hold.side), width: 80)
        lines += ["", "Look at it from another terminal:"]
        lines += commands.map { "  \($0)" }
        lines += ["", seconds.map { "It ends after \(Self.text($0)) s, or at Ctrl-C." } ?? "Ctrl-C ends it."]
        return lines.joined(separator: "\n")
    }

    private var commands: [String] {
        let pid = OwnProcess.pid
        // In a user namespace of its own, that one has to be entered first, by linger too.
        let enter = isRoot ? "nsenter -t \(pid) -n" : "nsenter -t \(pid) -U --preserve-credentials -n"
        func linger(_ command: String, _ filter: String = "") -> String {
            isRoot
                ? "linger \(command) --netns pid:\(pid)\(filter)" : "\(enter) linger \(command) --netns own\(filter)"
        }
        if state == .closed {
            return ["ls -l /proc/\(pid)/fd", "\(enter) ss -tan", linger("doctor"), "linger explain CLOSED"]
        }
        return [
            linger("list", state == .listen ? " --listening" : " state \(state.filterName)"),
            "\(enter) ss -tan state \(state.statisticsName)", "\(enter) netstat -tan", "linger explain \(state.name)",
        ]
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
        writer.key("state")
        writer.value(state.key)
        writer.key("held")
        writer.value(hold.state.rawValue)
        writer.key("side")
        writer.value(hold.side.rawValue)
        writer.key("count")
        writer.value(hold.count)
        writer.key("netns_pid")
        writer.value(OwnProcess.pid)
        writer.key("netns_inode")
        writer.value(hold.rig.namespace.inode)
        writer.key("port")
        writer.value(hold.port)
        writer.key("kernel_address")
        writer.value(hold.rig.endpoint(.kernel, 0).address.description)
        writer.key("peer_address")
        writer.value(hold.rig.endpoint(.stack, 0).address.description)
        writer.endObject()
        return String(decoding: writer.drain(), as: UTF8.self)
    }
}

extension State {
    /// As ss takes and prints it.
    fileprivate var statisticsName: String {
        switch self {
        case .synReceived: "syn-recv"
        case .listen: "listening"
        default: filterName
        }
    }

    /// As the filter takes it: `close-wait`.
    fileprivate var filterName: String { String(key.map { $0 == "_" ? "-" : $0 }) }
}
