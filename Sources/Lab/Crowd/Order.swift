internal import Sockets

/// One step that a process of a crowd is told to do: a line on its standard input, `connect group=connected count=64 …`.
/// It answers with a line: `ok 64`, or `error` and why.
struct Order: Equatable, Sendable {
    enum Verb: String, CaseIterable, Sendable {
        /// A listener at `endpoint` joins the group.
        case listen
        /// `count` connections of the listener `listener` join the group.
        case accept
        /// `count` connections to `endpoint` join the group.
        case connect
        /// `count` sockets that are connected to nothing join the group.
        case make
        /// The group's sockets, or the first `count`, are closed and leave it.
        case close
        /// Their sending half is closed.
        case shut
        /// `size` bytes are sent on each.
        case send
        /// `size` bytes are received on each.
        case receive
        /// On each is sent until the kernel takes no more.
        case fill
        /// Nothing that comes to them is let in any more.
        case deafen
        /// Another process of the name `name` has them all, as over fork. Answers with its pid.
        case share
        /// `count` SYNs go to `endpoint` from addresses that nobody has.
        case flood
        /// RLIMIT_NOFILE becomes `count`.
        case limit
    }

    enum Flag: String, CaseIterable, Sendable {
        /// With SO_KEEPALIVE.
        case keepalive
        /// A connect that returns when the SYN is out.
        case unwaited
        /// Nothing is let in, from before the first SYN on.
        case deaf
        /// A close that sends an RST.
        case reset
        /// With a port of its own.
        case bound
        /// MPTCP.
        case multipath
        /// An IPv6 listener that leaves IPv4 alone.
        case v6only
    }

    var verb: Verb
    var group = ""
    /// `nil` for all of the group.
    var count: Int?
    var endpoint: Endpoint?
    var listener = ""
    var size = 0
    var name = ""
    var flags: Set<Flag> = []

    init(_ verb: Verb, _ group: String = "") {
        self.verb = verb
        self.group = group
    }
}

extension Order {
    var line: String {
        var words = [verb.rawValue]
        if !group.isEmpty { words.append("group=\(group)") }
        if let count { words.append("count=\(count)") }
        if let endpoint {
            let address = endpoint.address
            words.append("to=\(address.family.rawValue),\(address.high),\(address.low),\(endpoint.port)")
        }
        if !listener.isEmpty { words.append("listener=\(listener)") }
        if size > 0 { words.append("size=\(size)") }
        if !name.isEmpty { words.append("name=\(name)") }
        words += Flag.allCases.filter(flags.contains).map(\.rawValue)
        return words.joined(separator: " ")
    }

    /// `nil` for what is no order.
    init?(line: String) {
        var words = line.split(separator: " ")[...]
        guard let verb = words.popFirst().flatMap({ Verb(rawValue: String($0)) }) else { return nil }
        self.init(verb)
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                guard let flag = Flag(rawValue: String(word)) else { return nil }
                flags.insert(flag)
                continue
            }
            let value = parts[1]
            switch parts[0] {
            case "group": group = value
            case "listener": listener = value
            case "name": name = value
            case "count":
                guard let count = Int(value), count >= 0 else { return nil }
                self.count = count
            case "size":
                guard let size = Int(value), (0...1 << 24).contains(size) else { return nil }
                self.size = size
            case "to":
                guard let endpoint = Self.endpoint(value) else { return nil }
                self.endpoint = endpoint
            default: return nil
            }
        }
    }

    private static func endpoint(_ text: String) -> Endpoint? {
        let fields = text.split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count == 4, let high = UInt64(fields[1]), let low = UInt64(fields[2]), let port = UInt16(fields[3])
        else { return nil }
        switch fields[0] {
        case "4":
            guard high == 0, let bits = UInt32(exactly: low) else { return nil }
            return Endpoint(address: IPAddress(v4: bits), port: port)
        case "6": return Endpoint(address: IPAddress(v6High: high, low: low), port: port)
        default: return nil
        }
    }
}
