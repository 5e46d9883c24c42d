extension Thresholds {
    /// Every threshold, in the order of the rules.
    package static let all: [ThresholdDescription] = [
        .init(
            "close_wait.leak_count", \.closeWaitLeakCount, .connections,
            "A program that closes what its peers closed has a handful in CLOSE_WAIT at a time; fifty at once is a pile."
        ),
        .init(
            "close_wait.leak_seconds", \.closeWaitLeakSeconds, .seconds,
            "Closing takes milliseconds. Younger ones are a busy moment: the program may still be writing its answer."),
        .init(
            "close_wait.old_count", \.closeWaitOldCount, .connections,
            "A few are worth a word too, when they have been there for very long."),
        .init(
            "close_wait.old_seconds", \.closeWaitOldSeconds, .seconds,
            "No answer takes five minutes to write to a peer that has stopped sending."),
        .init(
            "close_wait.note_seconds", \.closeWaitNoteSeconds, .seconds,
            "Below the other thresholds nothing is wrong yet, but what has stood for a minute is worth a note."),
        .init(
            "close_wait.pool_count", \.closeWaitPoolCount, .connections,
            "A client's pool keeps at most this many idle connections to one destination; more is a leak."),

        .init(
            "accept.stalled_count", \.acceptStalledCount, .connections,
            "A few that wait are the queue's purpose."),
        .init(
            "accept.stalled_seconds", \.acceptStalledSeconds, .seconds,
            "The queue is first in, first out: a head that waits for seconds means that nobody accepts, or too slowly."),
        .init(
            "accept.full_seconds", \.acceptFullSeconds, .seconds,
            "A burst may fill a queue for a moment; one that is still full after this has turned clients away."),

        .init(
            "ports.share", \.portsShare, .share,
            "Of the ephemeral ports from one source to one destination. Above it the kernel searches longer for a free one."
        ),
        .init(
            "ports.critical_share", \.portsCriticalShare, .share,
            "Connecting fails with EADDRNOTAVAIL when none is left."),
        .init(
            "time_wait.bucket_share", \.timeWaitBucketShare, .share,
            "Of tcp_max_tw_buckets. At the limit the kernel drops TIME_WAIT before its time."),
        .init(
            "time_wait.normal_count", \.timeWaitNormalCount, .connections,
            "From here on TIME_WAIT fills the screen of netstat, and somebody should say that it is normal."),

        .init(
            "fin_wait_2.held_count", \.finWait2HeldCount, .connections,
            "Half-closing on purpose is rare and done for a few connections at a time."),
        .init(
            "fin_wait_2.held_seconds", \.finWait2HeldSeconds, .seconds,
            "The kernel gives an orphan 60 s by default; a process that waits longer has no timeout of its own."),
        .init(
            "fin_wait_2.orphaned_count", \.finWait2OrphanedCount, .connections,
            "They end on their own; only a crowd is worth a word."),

        .init(
            "closing.count", \.closingCount, .connections,
            "A few peers always vanish in the middle of closing."),
        .init(
            "closing.retries", \.closingRetries, .retries,
            "Three repetitions without an answer are more than a lost segment."),
        .init(
            "closing.seconds", \.closingSeconds, .seconds,
            "These states last one round trip; ten seconds is no round trip."),

        .init(
            "syn_received.flood_count", \.synFloodCount, .connections,
            "Half-open connections that repeat their SYN+ACK; a healthy client answers within its round trip."),
        .init(
            "syn_received.flood_sources", \.synFloodSources, .sources,
            "From this many addresses on it is a crowd and not one broken path."),
        .init(
            "syn_received.stuck_count", \.synStuckCount, .connections,
            "A few clients lose their third segment every day."),
        .init(
            "syn_received.retries", \.synRetries, .retries,
            "The first repetition comes after one second: no path that works takes so long."),
        .init(
            "connect.count", \.connectCount, .connections,
            "One connect that waits is a host that restarts; several are a destination that does not answer."),
        .init(
            "connect.retries", \.connectRetries, .retries,
            "Two repetitions mean three seconds without an answer."),

        .init(
            "peer.count", \.peerCount, .connections,
            "Single peers vanish all the time: laptops close, phones change networks."),
        .init(
            "peer.backoff", \.peerBackoff, .doublings,
            "Five doublings of the retransmission timeout: silent for at least six seconds."),
        .init(
            "peer.share", \.peerShare, .share,
            "Vanished peers of many addresses, as a share of the process's established connections."),
        .init(
            "zero_window.count", \.zeroWindowCount, .connections,
            "A peer that pauses reading is flow control at work; a crowd of them is not."),
        .init(
            "zero_window.backoff", \.zeroWindowBackoff, .doublings,
            "Five probes in a row that found the window closed: for at least six seconds."),
        .init(
            "idle.count", \.idleCount, .connections,
            "A few idle connections are somebody's pool."),
        .init(
            "idle.seconds", \.idleSeconds, .seconds,
            "Firewalls and NAT forget an idle connection after minutes to an hour, and tell neither side."),

        .init(
            "many.count", \.manyCount, .connections,
            "Established connections of one process that are worth naming even far from any limit."),
        .init(
            "many.descriptor_share", \.manyDescriptorShare, .share,
            "Of RLIMIT_NOFILE, in established connections: there is little room for a bad day."),

        .init(
            "descriptors.share", \.descriptorsShare, .share,
            "Of RLIMIT_NOFILE. At the limit accept, open and socket fail with EMFILE."),
        .init(
            "descriptors.critical_share", \.descriptorsCriticalShare, .share,
            "So close to the limit the next burst hits it."),
        .init(
            "closed.count", \.closedCount, .sockets,
            "A program makes a socket just before it connects: a few are in CLOSED at any moment."),

        .init(
            "memory.share", \.memoryShare, .share,
            "Of the middle number of tcp_mem, from which on the kernel shrinks every TCP buffer."),
        .init(
            "orphans.share", \.orphansShare, .share,
            "Of tcp_max_orphans. An orphan that does not make progress counts up to four times, so half is already late."
        ),
        .init(
            "conntrack.share", \.conntrackShare, .share,
            "Of nf_conntrack_max. At the limit packets of new connections are dropped."),
        .init(
            "files.share", \.filesShare, .share,
            "Of fs.file-max. At the limit every open on the host fails with ENFILE."),
        .init(
            "limits.critical_share", \.limitCriticalShare, .share,
            "From here on a limit of the host or of a namespace counts as reached."),

        .init(
            "forecast.critical_seconds", \.forecastCriticalSeconds, .seconds,
            "What runs out within a quarter of an hour at the present rate leaves no time for a meeting."),
    ]
}

extension Thresholds {
    /// The table as docs/thresholds.md has it.
    package static var markdownTable: String {
        all.reduce("| name | default | unit | why |\n|---|---|---|---|\n") { table, one in
            table + "| `\(one.name)` | \(plain(one.standard)) | \(one.unit.rawValue) | \(one.why) |\n"
        }
    }
}
