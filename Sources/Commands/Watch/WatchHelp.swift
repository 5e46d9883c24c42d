/// The long part of `linger watch --help`.
enum WatchHelp {
    // No line longer than 78, so that help is not wrapped on a terminal of 80.
    static let text = """
        The kernel hands over every change of state, and who calls connect, accept
        and listen, through an eBPF program. What finds no room is counted there
        and told at the end. First the stream is opened, then the host is looked
        at, then both are brought together: nothing is missed in between. Ctrl-C
        ends it. It needs root, or CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN; where
        they are refused it goes on without eBPF, and says what is not seen then.

        EXAMPLES
          sudo linger watch                           every transition of the host
          sudo linger watch state close-wait          into CLOSE_WAIT, and out of it
          sudo linger watch dport = :5432 --lives     one line a finished connection
          sudo linger watch --summary 5               who opens and closes most
          sudo linger watch --follow 812 --stacks     where process 812 opens them
          sudo linger watch -o ndjson | jq -c 'select(.event == "life")'

        FILTERS
          As for linger list: the language of ss, word for word, and Linger's own
          conditions; but not age, idle, recv-q, send-q, fwmark, cgroup, autobound
          and shared, which only a look can tell. A transition is shown if it
          matches before or after; a life if it matched in one of its states. What
          nobody has accepted yet counts as held by its listener. sport and dport
          joined by and are tested in the kernel: the rest costs next to nothing.

        WITHOUT EBPF
          --method snapshots looks every second, or --every so many, and reads the
          kernel's notices of sockets that end. What lasts less than from look to
          look is missed, but connections that are over by then are counted. Times
          with \u{2264} are the latest that it can have been; who has a connection open
          is known, where it was opened is not. --method auto, the default, does so
          where eBPF is refused; --method bpf ends instead.

        WHAT IS ESTIMATED
          A time with ~ is no transition that was seen: TIME_WAIT ends 60 s after
          it began, by its timer. A time with \u{2265} is a lower bound: the connection
          is older than the watch.

        EXIT CODES
          0 nothing was lost, 2 usage, 3 not permitted, 4 something was lost.
        """
}
