import Sockets
import TCP

/// Filters that say what is selected, for `linger clear` and `linger list`.
enum TopCommands {
    /// The connections of a group in its worst state, as far as the screen's own filter wants them; `nil` where the
    /// language has no word for the group.
    static func filter(for group: TopGroup, within filter: Filter) -> String? {
        guard let state = group.worstState else { return nil }
        let condition: String
        switch group.key {
        case .process(let pid, _): condition = "pid = \(pid)"
        case .unheld(let holding, let listener):
            guard let word = word(holding) else { return nil }
            condition = word + (listener.map { " and " + port($0) } ?? "")
        case .listener(_, let endpoint):
            condition = port(endpoint) + (endpoint.address.isWildcard ? "" : " and src \(address(endpoint.address))")
        case .port(_, let port): condition = "sport = :\(port)"
        case .remote(let endpoint): condition = "dst \(TopText.endpoint(endpoint))"
        case .client(let client): condition = "dst \(address(client))"
        case .outgoing: return nil
        }
        let whole = "state \(word(state)) \(condition)"
        return filter.isEmpty ? whole : whole + " and ( \(filter.text) )"
    }

    /// One connection, as long as it is in its state.
    static func filter(for connection: Connection) -> String {
        if connection.state == .listen { return "state listening src \(TopText.endpoint(connection.local))" }
        return "state \(word(connection.state)) src \(TopText.endpoint(connection.local))"
            + " dst \(TopText.endpoint(connection.remote))"
    }

    private static func port(_ endpoint: Endpoint) -> String { "sport = :\(endpoint.port)" }

    private static func address(_ address: IPAddress) -> String {
        var buffer = ByteBuffer(capacity: 64)
        buffer.append(address)
        return address.family == .ipv6 ? "[\(buffer.text())]" : buffer.text()
    }

    /// As ss spells it.
    private static func word(_ state: State) -> String {
        switch state {
        case .established: "established"
        case .synSent: "syn-sent"
        case .synReceived: "syn-recv"
        case .finWait1: "fin-wait-1"
        case .finWait2: "fin-wait-2"
        case .timeWait: "time-wait"
        case .closed: "closed"
        case .closeWait: "close-wait"
        case .lastAck: "last-ack"
        case .listen: "listening"
        case .closing: "closing"
        }
    }

    private static func word(_ holding: Holding) -> String? {
        switch holding {
        case .unaccepted: "unaccepted"
        case .orphan: "orphan"
        // Their states say it already; `all` holds for everything.
        case .timeWait, .request: "exclude closed"
        case .held, .kernelOrInFlight, .unseen: nil
        }
    }
}
