import Sockets

/// The words that stand in cells of a table, in the reader's language.
struct Words: Sendable {
    var notAccepted: StaticString
    var listener: StaticString
    var orphan: StaticString
    var request: StaticString
    var timeWait: StaticString
    var inFlight: StaticString
    var idle: StaticString
    var off: StaticString
    var retransmit: StaticString
    var keepalive: StaticString
    var probe: StaticString
    var timeWaitTimer: StaticString
    var unknownTimer: StaticString
    var unseen: StaticString

    init(_ language: Language) {
        switch language {
        case .en: self = .english
        case .zh: self = .chinese
        }
    }

    private init(
        notAccepted: StaticString, listener: StaticString, orphan: StaticString, request: StaticString,
        timeWait: StaticString, inFlight: StaticString, idle: StaticString, off: StaticString,
        retransmit: StaticString, keepalive: StaticString, probe: StaticString, timeWaitTimer: StaticString,
        unknownTimer: StaticString, unseen: StaticString
    ) {
        self.notAccepted = notAccepted
        self.listener = listener
        self.orphan = orphan
        self.request = request
        self.timeWait = timeWait
        self.inFlight = inFlight
        self.idle = idle
        self.off = off
        self.retransmit = retransmit
        self.keepalive = keepalive
        self.probe = probe
        self.timeWaitTimer = timeWaitTimer
        self.unknownTimer = unknownTimer
        self.unseen = unseen
    }

    private static let english = Words(
        notAccepted: "not accepted", listener: "listener", orphan: "orphan", request: "request",
        timeWait: "nobody (TIME_WAIT)", inFlight: "kernel or in flight", idle: "idle", off: "off",
        retransmit: "retransmit", keepalive: "keepalive", probe: "zero-window probe", timeWaitTimer: "TIME_WAIT",
        unknownTimer: "unknown", unseen: "not seen")

    private static let chinese = Words(
        notAccepted: "未被 accept", listener: "监听者", orphan: "孤儿连接", request: "半连接请求",
        timeWait: "无持有者（TIME_WAIT）", inFlight: "内核持有或传递中", idle: "空闲", off: "无",
        retransmit: "重传", keepalive: "保活", probe: "零窗口探测", timeWaitTimer: "TIME_WAIT",
        unknownTimer: "未知", unseen: "未能看到")
}
