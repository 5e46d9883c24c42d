import Foundation

/// A row of `linger list -o ndjson --columns all`, as far as tests read it.
struct ListRow: Decodable, Sendable {
    struct Holder: Decodable, Hashable, Sendable {
        var pid: Int32
        var fd: Int32
    }

    struct Listener: Decodable, Equatable, Sendable {
        var local: String
        var holders: [Holder]
    }

    struct Memory: Decodable, Equatable, Sendable {
        var receiveAllocated: UInt32?
        var receiveBuffer: UInt32?
        var sendAllocated: UInt32?
        var sendBuffer: UInt32?
        var forwardAllocated: UInt32?
        var sendQueued: UInt32?
        var optionMemory: UInt32?
        var backlog: UInt32?
        var drops: UInt32?

        enum CodingKeys: String, CodingKey {
            case receiveAllocated = "receive_allocated"
            case receiveBuffer = "receive_buffer"
            case sendAllocated = "send_allocated"
            case sendBuffer = "send_buffer"
            case forwardAllocated = "forward_allocated"
            case sendQueued = "send_queued"
            case optionMemory = "option_memory"
            case backlog, drops
        }
    }

    var state: String
    var receiveQueue: UInt32
    var sendQueue: UInt32
    var local: String
    var remote: String
    var transport: String
    /// Hexadecimal, as `ss` has it.
    var cookie: String?
    var inode: UInt64?
    var memory: Memory?
    /// `nil` where they could not be seen.
    var holders: [Holder]?
    var holding: String
    /// The one that it came through.
    var listener: Listener?
    /// Milliseconds.
    var idle: UInt32?

    enum CodingKeys: String, CodingKey {
        case state, local, remote, transport, cookie, inode, memory, holders, holding, listener
        case idle = "idle_ms"
        case receiveQueue = "recv_q"
        case sendQueue = "send_q"
    }

    static let arguments = ["--all", "--output", "ndjson", "--columns", "all"]

    /// Every row of the pile's namespace; the command must succeed.
    static func list(in pile: Pile, by method: Linger.Method? = nil, _ filter: [String] = []) throws -> [ListRow] {
        let outcome = try Linger.run("list", filter + arguments, in: pile, by: method)
        guard outcome.exit == .code(0) else { throw HarnessError("\(outcome)") }
        return try rows(of: outcome)
    }

    static func rows(of outcome: Outcome) throws -> [ListRow] {
        let decoder = JSONDecoder()
        return try outcome.output.split(separator: "\n").map { line in
            do {
                return try decoder.decode(ListRow.self, from: Data(line.utf8))
            } catch {
                throw HarnessError("\(error) in the row \(line)")
            }
        }
    }
}
