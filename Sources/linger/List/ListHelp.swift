/// The long part of `linger list --help`.
enum ListHelp {
    static let text = """
        EXAMPLES
          linger list                                    all connections, listeners left out
          linger list state close-wait                   only CLOSE_WAIT
          linger list 'state close-wait age > 10m'       ... that wait for their close for 10 minutes
          linger list process = java --group-by remote   to whom java is connected, counted
          linger list --sort=-recv-q --limit 20          the 20 with the most unread bytes
          linger list -o json | jq '.connections[].holders'

        FILTERS
          The language of ss, word for word: state, exclude, src, dst, sport, dport, dev, fwmark, cgroup, joined by
          and, or, not and parentheses; the groups of states are all, connected, synchronized, bucket and big.
          Linger adds pid =, process =, user =, unit =, container =, netns =, age >, idle >, recv-q >, send-q >,
          unaccepted, orphan and shared. Quote what the shell would take: '( dport = :443 or age > 1h )'.

        COLUMNS
        \(columns)

        Off a terminal, columns are separated by one tab. What is not known is a dash, null in JSON, empty in CSV.
        An age with a ≥ is a lower bound. Exit codes: 0 listed, 2 usage, 3 not permitted to see anything, 4 part of
        the host (holders of other users' sockets, mostly) could not be seen: standard error says what.
        """

    private static var columns: String {
        TextWrap.lines(Column.list.map(\.name).joined(separator: ", "), width: 100).map { "  " + $0 }
            .joined(separator: "\n")
    }
}
