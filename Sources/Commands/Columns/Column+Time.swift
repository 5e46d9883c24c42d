import Sockets
import TCP

// Since when, and what happens next.
extension Column {
    /// Time in the present state. For people, an open connection shows since when nothing moved instead; a lower bound
    /// is marked as one. For programs there are `age` and `idle`, each alone.
    static let age = Column(
        name: "age", key: "age_at_least_ms", english: "AGE", chinese: "持续时间", alignment: .right, table: .standard,
        text: { connection, rows, out in
            if let age = connection.ageAtLeast {
                if case .timeWait = connection.state {} else { out.append("≥") }
                out.append(duration: UInt64(age))
            } else if case .established = connection.state, let idle = connection.idle {
                out.append(rows.words.idle)
                out.append(UInt8(ascii: " "))
                out.append(duration: UInt64(idle))
            } else {
                out.append(.unknown)
            }
        },
        plain: { connection, _, out in
            if let age = connection.ageAtLeast { out.append(decimal: UInt64(age)) }
        },
        json: .bare,
        sortKey: { connection, _ in
            SortKey(connection.ageAtLeast ?? (connection.state == .established ? connection.idle : nil))
        })

    static let idle = Column.time("idle", "IDLE", "空闲", .wide) { $0.idle }
    static let roundTrip = Column.time("rtt", in: .microseconds, "RTT", "往返时延", .wide) { $0.info.rtt }
    static let retransmissionTimeout = Column.time("rto", "RTO", "重传超时", .wide) { $0.info.rto }
    static let lastSent = Column.time("last-sent", "LAST-SENT", "上次发送") { $0.info.lastDataSent }
    static let lastReceived = Column.time("last-received", "LAST-RECEIVED", "上次接收") { $0.info.lastDataReceived }
    static let lastAck = Column.time("last-ack", "LAST-ACK", "上次确认") { $0.info.lastAckReceived }

    static let timer = Column(
        name: "timer", key: "timer", english: "TIMER", chinese: "定时器", alignment: .left, table: .standard,
        text: { connection, rows, out in
            let timer = connection.timer
            switch timer.kind {
            case .off: return out.append(rows.words.off)
            case .retransmit: out.append(rows.words.retransmit)
            case .keepalive: out.append(rows.words.keepalive)
            case .timeWait: out.append(rows.words.timeWaitTimer)
            case .zeroWindowProbe: out.append(rows.words.probe)
            case .unknown: out.append(rows.words.unknownTimer)
            }
            out.append(UInt8(ascii: " "))
            out.append(duration: UInt64(timer.expires))
            guard timer.retries > 0 else { return }
            out.append(" ×")
            out.append(decimal: timer.retries)
        },
        plain: { connection, _, out in
            switch connection.timer.kind {
            case .off: out.append("off")
            case .retransmit: out.append("retransmit")
            case .keepalive: out.append("keepalive")
            case .timeWait: out.append("time_wait")
            case .zeroWindowProbe: out.append("zero_window_probe")
            case .unknown: out.append("unknown")
            }
        },
        json: .string,
        sortKey: { connection, _ in
            connection.timer.kind == .off ? .unknown : .number(UInt64(connection.timer.expires))
        })

    static let timerLeft = Column.time("timer-left", "TIMER-LEFT", "定时器剩余") {
        $0.timer.kind == .off ? nil : $0.timer.expires
    }
    static let timerRetries = Column.number("timer-retries", "TIMER-RETRIES", "定时器重试") {
        $0.timer.kind == .off ? nil : UInt64($0.timer.retries)
    }
}
