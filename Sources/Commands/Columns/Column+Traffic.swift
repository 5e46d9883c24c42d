import Sockets

// What moved, what did not, and what it takes in memory.
extension Column {
    static let unacknowledged = Column.number("unacked", "UNACKED", "未确认", .wide) { $0.info.unacked.map(UInt64.init) }
    static let retransmits = Column.number("retransmits", "RETRANS", "重传", .wide) {
        $0.info.retransmits.map(UInt64.init)
    }
    static let totalRetransmissions = Column.number("total-retransmissions", "TOTAL-RETRANS", "累计重传", .wide) {
        $0.info.totalRetransmissions.map(UInt64.init)
    }
    static let bytesAcked = Column.number("bytes-acked", "BYTES-ACKED", "已确认字节") { $0.info.bytesAcked }
    static let bytesReceived = Column.number("bytes-received", "BYTES-RECEIVED", "已接收字节") { $0.info.bytesReceived }
    static let notSent = Column.number("not-sent", key: "not_sent_bytes", "NOT-SENT", "未发送") {
        $0.info.notSent.map(UInt64.init)
    }
    static let sendWindow = Column.number("send-window", "SEND-WINDOW", "发送窗口") { $0.info.sendWindow.map(UInt64.init) }
    static let probes = Column.number("probes", "PROBES", "探测") { $0.info.probes.map(UInt64.init) }
    static let backoff = Column.number("backoff", "BACKOFF", "退避") { $0.info.backoff.map(UInt64.init) }

    static let keepalive = Column(
        name: "keepalive", key: "keepalive", english: "KEEPALIVE", chinese: "保活", alignment: .left, table: .wide,
        text: { connection, _, out in
            switch connection.keepalive {
            case true?: out.append("yes")
            case false?: out.append("no")
            case nil: out.append(.unknown)
            }
        },
        plain: { connection, _, out in
            switch connection.keepalive {
            case true?: out.append("true")
            case false?: out.append("false")
            case nil: break
            }
        },
        json: .bare,
        sortKey: { connection, _ in SortKey(connection.keepalive.map { $0 ? 1 as UInt64 : 0 }) })

    /// The letters are those of `ss -m`.
    static let memory = Column(
        name: "skmem", key: "memory", english: "SKMEM", chinese: "套接字内存", alignment: .left, table: .all,
        text: { connection, _, out in
            let start = out.count
            writeMemory(connection.memory, into: &out)
            if out.count == start { out.append(.unknown) }
        },
        plain: { connection, _, out in writeMemory(connection.memory, into: &out) },
        json: .nested { connection, _, out in
            let memory = connection.memory
            // Either all of it was seen or none.
            guard memory.receiveAllocated != nil || memory.sendAllocated != nil else { return out.append("null") }
            out.append("{\"receive_allocated\":")
            out.append(json: memory.receiveAllocated)
            out.append(",\"receive_buffer\":")
            out.append(json: memory.receiveBuffer)
            out.append(",\"send_allocated\":")
            out.append(json: memory.sendAllocated)
            out.append(",\"send_buffer\":")
            out.append(json: memory.sendBuffer)
            out.append(",\"forward_allocated\":")
            out.append(json: memory.forwardAllocated)
            out.append(",\"send_queued\":")
            out.append(json: memory.sendQueued)
            out.append(",\"option_memory\":")
            out.append(json: memory.optionMemory)
            out.append(",\"backlog\":")
            out.append(json: memory.backlog)
            out.append(",\"drops\":")
            out.append(json: memory.drops)
            out.append(UInt8(ascii: "}"))
        },
        sortKey: { connection, _ in
            let memory = connection.memory
            guard let received = memory.receiveAllocated, let sent = memory.sendAllocated else { return .unknown }
            return .number(UInt64(received) + UInt64(sent))
        })

    private static func writeMemory(_ memory: SocketMemory, into out: inout ByteBuffer) {
        let start = out.count
        @inline(__always)
        func write(_ letters: StaticString, _ value: UInt32?, _ out: inout ByteBuffer) {
            guard let value else { return }
            if out.count > start { out.append(UInt8(ascii: ",")) }
            out.append(letters)
            out.append(decimal: UInt64(value))
        }
        write("r", memory.receiveAllocated, &out)
        write("rb", memory.receiveBuffer, &out)
        write("t", memory.sendAllocated, &out)
        write("tb", memory.sendBuffer, &out)
        write("f", memory.forwardAllocated, &out)
        write("w", memory.sendQueued, &out)
        write("o", memory.optionMemory, &out)
        write("bl", memory.backlog, &out)
        write("d", memory.drops, &out)
    }
}

extension ByteBuffer {
    mutating func append(json value: UInt32?) {
        if let value { append(decimal: UInt64(value)) } else { append("null") }
    }
}
