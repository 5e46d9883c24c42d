/// A row of `ss --tcp --all --numeric --options --memory --extended --oneline`, by which our lists are judged.
struct SocketStatistics: Equatable, Sendable {
    var state: String
    var receiveQueue: UInt32
    var sendQueue: UInt32
    var local: String
    var remote: String
    /// 0 for none.
    var inode: UInt64
    /// `nil` while segments are sent again and again: each repetition is counted for the moment of its sending.
    var memory: ListRow.Memory?

    /// All rows of the pile's namespace by socket cookie.
    static func look(in pile: Pile) throws -> [String: SocketStatistics] {
        let outcome = try pile.run(
            ["ss", "--tcp", "--all", "--numeric", "--options", "--memory", "--extended", "--oneline", "--no-header"])
        guard outcome.exit == .code(0) else { throw HarnessError("\(outcome)") }
        var found: [String: SocketStatistics] = [:]
        for line in outcome.output.split(separator: "\n") {
            guard let (cookie, row) = parse(line) else { throw HarnessError("not understood: \(line)") }
            found[cookie] = row
        }
        return found
    }

    private static let states = [
        "LISTEN": "listen", "ESTAB": "established", "SYN-SENT": "syn_sent", "SYN-RECV": "syn_rcvd",
        "FIN-WAIT-1": "fin_wait_1", "FIN-WAIT-2": "fin_wait_2", "TIME-WAIT": "time_wait", "CLOSE-WAIT": "close_wait",
        "LAST-ACK": "last_ack", "CLOSING": "closing", "UNCONN": "closed",
    ]

    private static func parse(_ line: Substring) -> (String, SocketStatistics)? {
        let fields = line.split(separator: " ")
        guard fields.count > 5, let state = states[String(fields[0])], let receiveQueue = UInt32(fields[1]),
            let sendQueue = UInt32(fields[2]),
            let cookie = fields.first(where: { $0.hasPrefix("sk:") }).map({ String($0.dropFirst(3)) })
        else { return nil }
        let inode = fields.first { $0.hasPrefix("ino:") }.flatMap { UInt64($0.dropFirst(4)) } ?? 0
        let isRepeating = fields.contains { $0.hasPrefix("timer:(on,") }
        let memory = isRepeating ? nil : fields.first { $0.hasPrefix("skmem:(") }.flatMap { parse(memory: $0) }
        return (
            cookie,
            SocketStatistics(
                state: state, receiveQueue: receiveQueue, sendQueue: sendQueue, local: String(fields[3]),
                remote: String(fields[4]), inode: inode, memory: memory)
        )
    }

    /// `skmem:(r0,rb131072,t0,tb16384,f0,w0,o0,bl0,d0)`
    private static func parse(memory field: Substring) -> ListRow.Memory? {
        var values: [Substring: UInt32] = [:]
        for part in field.dropFirst("skmem:(".count).dropLast().split(separator: ",") {
            let name = part.prefix { !$0.isNumber }
            values[name] = UInt32(part.dropFirst(name.count))
        }
        guard values.count == 9 else { return nil }
        return ListRow.Memory(
            receiveAllocated: values["r"], receiveBuffer: values["rb"], sendAllocated: values["t"],
            sendBuffer: values["tb"], forwardAllocated: values["f"], sendQueued: values["w"],
            optionMemory: values["o"], backlog: values["bl"], drops: values["d"])
    }
}
