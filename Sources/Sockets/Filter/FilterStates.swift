import TCP

extension StateSet {
    /// The state or the group of states that a word names: ss's names, netstat's and RFC 9293's, of either case, with
    /// `-` or `_`. `bound-inactive` (ss) is CLOSED here: a socket with a port and no connection.
    package init?(named name: String) {
        let key = String(decoding: name.utf8.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0 }, as: UTF8.self)
        guard let states = Self.names[key.lowercased()] else { return nil }
        self = states
    }

    /// The names that messages list.
    package static let listedNames = [
        "established", "syn-sent", "syn-recv", "fin-wait-1", "fin-wait-2", "time-wait", "closed", "close-wait",
        "last-ack",
        "listening", "closing", "all", "connected", "synchronized", "bucket", "big",
    ]

    static let names: [String: StateSet] = [
        "established": .init(.established), "estab": .init(.established),
        "syn-sent": .init(.synSent),
        "syn-recv": .init(.synReceived), "syn-rcv": .init(.synReceived), "syn-rcvd": .init(.synReceived),
        "syn-received": .init(.synReceived),
        "fin-wait-1": .init(.finWait1), "fin-wait1": .init(.finWait1),
        "fin-wait-2": .init(.finWait2), "fin-wait2": .init(.finWait2),
        "time-wait": .init(.timeWait),
        "close": .init(.closed), "closed": .init(.closed), "unconnected": .init(.closed), "unconn": .init(.closed),
        "bound-inactive": .init(.closed),
        "close-wait": .init(.closeWait),
        "last-ack": .init(.lastAck),
        "listen": .init(.listen), "listening": .init(.listen),
        "closing": .init(.closing),
        "all": .all, "connected": .connected, "synchronized": .synchronized, "bucket": .bucket, "big": .big,
    ]
}
