/// The long part of `linger clear --help`.
enum ClearHelp {
    // No line longer than 78, so that help is not wrapped on a terminal of 80.
    static let text = """
        Prints the plan: processes, counts, levels, what each peer will see, what
        stays open. Changes nothing without --yes; on a terminal it asks. Before
        each act it checks again that process, descriptor, socket and state are
        those of the plan; after, it looks for each again.

        EXAMPLES
          linger clear 'state close-wait pid = 812'        the plan only
          linger clear 'state close-wait pid = 812' --yes  the same, applied
          linger clear --finding close_wait_leak           what doctor has found
          linger clear 'state close-wait pid = 812' --by release --yes
          linger clear 'state established dst 10.0.0.7' --batch 100 --every 5

        LEVELS, the gentlest first
          shutdown  a FIN; the program keeps the descriptor
          destroy   an RST, at once; the program keeps the descriptor
          release   inside the process: the socket is freed, the number stays taken
          close     inside the process: socket and number are freed (dangerous)
          restart   the systemd service of the process
          kill      SIGTERM to the process; SIGKILL only with --force

        AUDIT RECORD
          One JSON object a line: /var/log/linger/clear.jsonl for root, else
          $XDG_STATE_HOME/linger/clear.jsonl. If it cannot be written, nothing is
          cleared.

        EXIT CODES
          0 all that was planned is gone, or the plan was only printed; 2 usage,
          or guarded; 3 not permitted; 4 part of what was asked for could not be
          seen; 5 not everything that was planned is gone; 6 nothing to clear.
        """
}
