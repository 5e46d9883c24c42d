/// The long part of `linger list --help`.
enum ListHelp {
    // No line longer than 78, so that help is not wrapped on a terminal of 80.
    static let text = """
        EXAMPLES
          linger list                                 all but listeners
          linger list state close-wait                only CLOSE_WAIT
          linger list 'state close-wait age > 10m'    ... for ten minutes
          linger list pid = 812 --group-by remote     to whom it is connected
          linger list --sort=-recv-q --limit 20       the most unread bytes
          linger list -o json | jq '.connections[].holders'

        FILTERS
          The language of ss, word for word: state, exclude, src, dst, sport,
          dport, dev, fwmark, cgroup, joined by and, or, not and parentheses.
          Groups of states: all, connected, synchronized, bucket, big.
          Linger adds pid =, process =, user =, unit =, container =, netns =,
          age >, idle >, recv-q >, send-q >, unaccepted, orphan and shared.
          Quote what the shell would take: '( dport = :443 or age > 1h )'.

        COLUMNS
        \(columns)

        Off a terminal, columns are separated by one tab. What is not known is a
        dash, null in JSON, empty in CSV. An age with \u{2265} is a lower bound.

        EXIT CODES
          0 listed, 2 usage, 3 not permitted to see anything, 4 part of what was
          asked for could not be seen: standard error says what.
        """

    // Names are plain ASCII, and every start of `linger list` makes this text: `TextWrap` would take ten times as long.
    private static var columns: String {
        var text = "  "
        var used = 0
        for (place, column) in Column.list.enumerated() {
            let word = place == Column.list.count - 1 ? column.name : column.name + ","
            let size = word.utf8.count
            if used > 0, used + 1 + size > 74 {
                text += "\n  "
                used = 0
            } else if used > 0 {
                text += " "
                used += 1
            }
            text += word
            used += size
        }
        return text
    }
}
