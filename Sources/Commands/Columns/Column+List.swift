extension Column {
    /// Every column, in the order of `--columns all`. A new column is a definition in one of the files beside this one,
    /// and a line here.
    static let list: [Column] = [
        .state, .receiveQueue, .sendQueue, .local, .remote, .age, .timer, .holders, .unit, .namespace,
        .user, .transport, .idle, .roundTrip, .retransmissionTimeout, .unacknowledged, .retransmits,
        .totalRetransmissions, .keepalive, .commandLine,
        .container, .listener, .holding, .timerLeft, .timerRetries, .bytesAcked, .bytesReceived, .notSent, .sendWindow,
        .probes, .backoff, .lastSent, .lastReceived, .lastAck, .memory, .cookie, .inode, .uid, .family, .interface,
        .mark, .cgroup,
    ]

    static func named(_ name: String) -> Column? { byName[name] }

    /// What holders show, by the words that people look for.
    private static let aliases: [(String, Column)] = [("pid", .holders), ("process", .holders), ("fd", .holders)]

    private static let byName = Dictionary(uniqueKeysWithValues: list.map { ($0.name, $0) } + aliases)
}
